/** JSON whose numbers keep their digits. A number that JavaScript would write differently is kept as text. */
interface NumberKeeper {
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { rawJSON: string }
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

// Part of JavaScript since 2025; TypeScript does not declare it yet.
const keeper = JSON as unknown as NumberKeeper

/**
 * Matches a number that may come back with other digits: 16 characters and more, an exponent, a zero at the end
 * of a fraction, a very small fraction, or `-0`. A number follows `:`, `,` or `[`, which skips most texts. A
 * false match only costs time.
 */
const maybeInexact = /[:,[]\s*-?\d(?:[\d.]{15}|[\d.]*[eE]|\d*\.\d*0\s*[,}\]]|\.0{6}|(?<=-0)\s*[,}\]])/
const isNumber = /^\s*-?\d/

/** Whether {@link parseExactly} is needed. Plain `JSON.parse` is about eight times faster. */
export function mayLoseDigits(json: string): boolean {
  return maybeInexact.test(json) || isNumber.test(json)
}

/**
 * Parses a JSON text. A number that JavaScript would write with other digits is kept as text ({@link
 * digitsOf}).
 */
export function parseExactly(json: string): unknown {
  return keeper.parse(json, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source
      ? keeper.rawJSON(source)
      : value,
  )
}

/** A `JSON.parse` that keeps the digits of every number, and uses the slow way only if a text needs it. */
export function parseKeepingDigits(json: string): unknown {
  return mayLoseDigits(json) ? parseExactly(json) : JSON.parse(json)
}

/** Returns the text of a number that {@link parseExactly} has kept; null for any other value. */
export function digitsOf(value: unknown): string | null {
  return keeper.isRawJSON(value) ? value.rawJSON : null
}
