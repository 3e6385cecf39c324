/**
 * Quotes a name for SQL, even if it is a reserved word. Names come from the config file and from tables that others may
 * change, so a name that would end the quotes is refused.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#quoted_identifiers
 */
export function quotedName(...parts: readonly string[]): string {
  const name = parts.join('.')
  if (/[`\\\p{Cc}]/u.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a table or column`)
  return `\`${name}\``
}
