import { createHash } from 'node:crypto'

const prefix = '#sha256:'
/** PostgreSQL's index rows have at most 2,704 bytes, and two ids share one. */
const longestBytes = 1_000

/**
 * Returns an id as the ledger's key columns store it. Nearly all are stored as they are. If a column or an
 * index cannot hold one (too long, with a NUL, half a surrogate pair), its hash is stored; the row's JSON
 * contains the id itself.
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

/** Whether a column contains the hash of an id. */
export const isHashedId = (id: string) => id.startsWith(prefix)

/** Puts back the id itself, which destinations compare with the row's JSON. */
export function withOwnId<Row extends { id: string; json: string }>(row: Row): Row {
  if (!isHashedId(row.id)) return row
  const { id } = JSON.parse(row.json) as { id: string }
  return { ...row, id }
}
