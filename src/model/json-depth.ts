/** No API nests this deep. Code that walks a value, and every database, ends at some depth. */
const deepest = 100

/** A JSON text is nested too deep. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep'
}

/**
 * Parses the JSON of an answer.
 *
 * @throws SyntaxError if it is none
 * @throws TooDeep if it nests deeper than 100 levels
 */
export function parseBounded(json: string): unknown {
  if (nestsTooDeep(json)) throw new TooDeep(`nested deeper than ${deepest} levels`)
  return JSON.parse(json)
}

function nestsTooDeep(json: string): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === quote) at = stringEnd(json, at)
    else if (code === openBracket || code === openBrace) depth++
    else if (code === closeBracket || code === closeBrace) depth--
    if (depth > deepest) return true
  }
  return false
}

const [quote, backslash] = [0x22, 0x5c]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** @returns the index of the quote that ends the string, or of the text's end */
function stringEnd(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let escapes = 0
    while (json.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return json.length
}
