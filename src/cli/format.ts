import Table from 'cli-table3'

export const number = (value: number) => value.toLocaleString('en')

/** Hours as a person would say them: "40 s", "12 min", "3.5 h", "4.2 days". */
export function duration(hours: number | null): string {
  if (hours === null) return '–'
  const seconds = Math.max(Math.round(hours * 3_600), 0)
  if (seconds < 60) return `${seconds} s`
  if (hours < 1) return `${Math.round(hours * 60)} min`
  return hours < 48 ? `${short(hours)} h` : `${short(hours / 24)} days`
}

/** With one decimal where that tells something. */
export function short(value: number): string {
  return number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))
}

/** "2026-11-22 14:30 UTC" */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)

export const codeName = ({ id, name }: { id: string; name: string | null }) => name ?? id

/** Between rows that are a line each, no other is wanted. */
const noLinesBetween = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

/** The first `texts` columns are text, all others numbers. */
export function table(head: string[], texts: number, rows: (string | number)[][]): string {
  const drawn = new Table({
    head,
    chars: noLinesBetween,
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index < texts ? 'left' : 'right')),
  })
  drawn.push(...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? number(cell) : cell))))
  return drawn.toString()
}

/** What a command was asked for: on stdout, whether for a person or, as JSON, for a program. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
