/** An escaped backslash and a proper pair are matched too, only to be stepped over. */
const surrogates = /\\\\|\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|\\ud[89a-f][\da-f]{2}/gi

/**
 * A JSON text that databases take: half a surrogate pair, as left by a text cut in the middle of an emoji, is legal in JSON
 * but no Unicode, and a row would be refused for it. It becomes U+FFFD, as everywhere on the web.
 */
export function withoutLoneSurrogates(json: string): string {
  if (!/\\ud/i.test(json)) return json
  return json.replace(surrogates, (match) => (match.length === 6 ? '\\ufffd' : match))
}
