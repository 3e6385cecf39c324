/** Makes text from outside fit for a message. */
export type Echo = (text: string, maxLength?: number) => string

/** Also keys that were cut on their way, and those of other accounts. */
const keyLike = /(qrs_[0-9a-f]{4})[0-9a-f]+/gi

/**
 * What others sent is shown on one line, without control or invisible characters, without keys, and cut. In this order:
 * a character hidden in a key, or a cut through it, would otherwise keep the key from being seen.
 */
export function createEcho(apiKey: string): Echo {
  return (text, maxLength = 200) => {
    const line = text
      .replace(/\s+/g, ' ')
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
    const safe = line.replaceAll(apiKey, keyLabel(apiKey)).replace(keyLike, '$1…')
    return (safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe).toWellFormed()
  }
}

/** As much of a key as the dashboard lists it by: enough to tell which one it is. */
export function keyLabel(apiKey: string): string {
  return /^qrs_[0-9a-f]{64}$/.test(apiKey)
    ? `${apiKey.slice(0, 8)}…`
    : '(not of the form qrs_<64 hex characters>)'
}
