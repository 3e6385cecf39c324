import Table from 'cli-table3'
import { number } from '../../report/format.ts'

export { codeName, count, day, duration, number, short, time } from '../../report/format.ts'

/** Rows of one line each need no lines between them. */
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
