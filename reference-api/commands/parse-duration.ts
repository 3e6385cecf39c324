const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const short = /^(?<sign>[+-]?)(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h|d)?$/
const iso =
  /^(?<sign>[+-]?)P(?=.*\d)(?:(?<d>\d+)D)?(?:T(?=\d)(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+(?:\.\d+)?)S)?)?$/

/**
 * Parses `3d`, `-2h`, `+90s`, `1500` (ms) or an ISO 8601 duration of days or less, such as `-P1DT12H`, to
 * milliseconds.
 */
export function parseDuration(text: string): number | null {
  const simple = short.exec(text)?.groups
  if (simple !== undefined) {
    const unit = (simple['unit'] ?? 'ms') as keyof typeof unitMs
    return signOf(simple) * Number(simple['amount']) * unitMs[unit]
  }
  const parts = iso.exec(text)?.groups
  if (parts === undefined) return null
  const units = ['d', 'h', 'm', 's'] as const
  return signOf(parts) * units.reduce((sum, unit) => sum + Number(parts[unit] ?? 0) * unitMs[unit], 0)
}

function signOf(parts: Record<string, string | undefined>): number {
  return parts['sign'] === '-' ? -1 : 1
}
