/** Matches an escaped backslash and a valid pair too, to skip them. */
const surrogates = /\\\\|\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|\\ud[89a-f][\da-f]{2}/gi

/**
 * Makes a JSON text that databases accept. Half a surrogate pair, left by cutting a text in the middle of an
 * emoji, is legal in JSON but not valid Unicode, and would get the row refused. It becomes U+FFFD, as
 * everywhere on the web.
 */
export function withoutLoneSurrogates(json: string): string {
  if (!/\\ud/i.test(json)) return json
  return json.replace(surrogates, (match) => (match.length === 6 ? '\\ufffd' : match))
}
