const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const short = /^([+-]?)(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/
const iso = /^([+-]?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Milliseconds of `3d`, `-2h`, `+90s`, `1500` (ms) or an ISO 8601 duration of days or less, `-P1DT12H`. */
export function parseDuration(text: string): number | null {
  const simple = short.exec(text)
  if (simple) return sign(simple[1]) * Number(simple[2]) * unitMs[simple[3] ?? 'ms']!
  const parts = iso.exec(text)
  if (!parts || text.endsWith('P') || text.endsWith('T')) return null
  const [days, hours, minutes, seconds] = parts.slice(2).map((part) => Number(part ?? 0))
  return (
    sign(parts[1]) *
    (days! * unitMs['d']! + hours! * unitMs['h']! + minutes! * unitMs['m']! + seconds! * 1_000)
  )
}

function sign(text: string | undefined): number {
  return text === '-' ? -1 : 1
}
