import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Returns the statements of a document that begin so, for a test to run them as a reader would. */
export function documentedSql(document: string, beginning: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../..', document), 'utf8')
  return [...text.matchAll(/^```sql\n(.*?)^```$/gms)]
    .map(([, statement = '']) => statement.trim())
    .filter((statement) => statement.startsWith(beginning))
}
