export const number = (value: number) => value.toLocaleString('en')

/** Returns "1 scan", "3 scans". */
export const count = (value: number, one: string) => `${number(value)} ${one}${value === 1 ? '' : 's'}`

/** Formats hours in everyday words: "40 s", "12 min", "3.5 h", "4.2 days". */
export function duration(hours: number | null): string {
  if (hours === null) return '–'
  const seconds = Math.max(Math.round(hours * 3_600), 0)
  if (seconds < 60) return `${seconds} s`
  if (hours < 1) return `${Math.round(hours * 60)} min`
  return hours < 48 ? `${short(hours)} h` : `${short(hours / 24)} days`
}

/** With one decimal if it matters. */
export function short(value: number): string {
  return number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))
}

/** "2026-11-22 14:30", for texts that say nearby that times are UTC. */
export const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** "2026-11-22 14:30 UTC" */
export const time = (ms: number) => `${minute(ms)} UTC`

export const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)

const dayName = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** "22 Nov" */
export const shortDay = (ms: number) => dayName.format(ms)

export const codeName = ({ id, name }: { id: string; name: string | null }) => name ?? id

export const dayMs = 24 * 3_600_000
