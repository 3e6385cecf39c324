/** Makes text of other systems safe for a message. */
export type Echo = (text: string, maxLength?: number) => string

/** Also matches keys that were cut in transit, and those of other accounts. */
const keyLike = /(qrs_[0-9a-f]{4})[0-9a-f]+/gi

/**
 * Shows text of other systems on one line, without control or invisible characters, without keys, and cut. The
 * order matters: a hidden character in a key, or a cut through it, would hide the key from the next step.
 */
export function createEcho(apiKey: string): Echo {
  return (text, maxLength = 200) => {
    const line = text
      .replace(/\s+/g, ' ')
      .replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
      .trim()
    const safe = line.replaceAll(apiKey, keyLabel(apiKey)).replace(keyLike, '$1…')
    return (safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe).toWellFormed()
  }
}

/** Returns the part of a key that the dashboard lists: enough to recognise it. */
export function keyLabel(apiKey: string): string {
  return /^qrs_[0-9a-f]{64}$/.test(apiKey)
    ? `${apiKey.slice(0, 8)}…`
    : '(not of the form qrs_<64 hex characters>)'
}
