import { createHash } from 'node:crypto'

const prefix = '#sha256:'
/** PostgreSQL's index rows end at 2,704 bytes, and two ids share one. */
const longestBytes = 1_000

/**
 * An id as the ledger's key columns hold it. Nearly all stand there as they are. One that a column or an index cannot hold (too
 * long, with a NUL, half a surrogate pair) is represented by its hash; the row's JSON has the id itself.
 */
export function storedId(id: string): string {
  const fits =
    id.length <= longestBytes &&
    !id.includes('\0') &&
    id.isWellFormed() &&
    !id.startsWith(prefix) &&
    (id.length * 3 <= longestBytes || Buffer.byteLength(id) <= longestBytes)
  return fits ? id : `${prefix}${createHash('sha256').update(JSON.stringify(id)).digest('hex')}`
}

/** Whether a column holds the hash of an id. */
export const isHashedId = (id: string) => id.startsWith(prefix)

/** The id itself, which destinations compare with the row's JSON. */
export function withOwnId<Row extends { id: string; json: string }>(row: Row): Row {
  if (!isHashedId(row.id)) return row
  const { id } = JSON.parse(row.json) as { id: string }
  return { ...row, id }
}
