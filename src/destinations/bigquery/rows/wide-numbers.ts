/** Matches what may be a number with more digits than JavaScript keeps: a long one, or one with an exponent. */
const maybeWide = /[\d.]{16}|\d[eE][+-]?\d/
const largest = 2n ** 63n

interface NumberKeeper {
  /** Represents a number by its text: `JSON.stringify` writes it unchanged. */
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

// Part of JavaScript since 2025; TypeScript does not declare it yet.
const keeper = JSON as unknown as NumberKeeper

/**
 * Parses JSON so that it can be written again for BigQuery. BigQuery's JSON stores 64-bit integers and
 * otherwise doubles, and refuses other numbers. Those are rounded to a double, or become text if they are too
 * large for one.
 */
export function parseWithWideNumbers(json: string): unknown {
  return keeper.parse(json, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value
    if (/^-?\d{1,19}$/.test(source) && isInt64(BigInt(source))) return keeper.rawJSON(source)
    return Number.isFinite(value) ? value : source
  })
}

export function mayHaveWideNumbers(json: string): boolean {
  return maybeWide.test(json)
}

/** Whether it is an integer that {@link parseWithWideNumbers} kept as text. */
export function isWideInteger(value: unknown): boolean {
  return keeper.isRawJSON(value)
}

export function isInt64(value: bigint): boolean {
  return value >= -largest && value < largest
}
