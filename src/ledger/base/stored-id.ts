import { createHash } from 'node:crypto'
import { fitsKeyColumn, hashPrefix } from '../../streams/key-text.ts'

/**
 * Returns an id as the ledger's key columns store it. Nearly all are stored as they are. If a column or an
 * index cannot hold one (too long, with a NUL, half a surrogate pair), its hash is stored; the row's JSON
 * contains the id itself.
 */
export function storedId(id: string): string {
  if (fitsKeyColumn(id)) return id
  return `${hashPrefix}${createHash('sha256').update(JSON.stringify(id)).digest('hex')}`
}

/** Whether a column contains the hash of an id. */
export const isHashedId = (id: string) => id.startsWith(hashPrefix)

/** Puts back the id itself, which destinations compare with the row's JSON. */
export function withOwnId<Row extends { id: string; json: string }>(row: Row): Row {
  if (!isHashedId(row.id)) return row
  const { id } = JSON.parse(row.json) as { id: string }
  return { ...row, id }
}
