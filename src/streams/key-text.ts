/** PostgreSQL's index rows have at most 2,704 bytes, and two ids share one. */
export const longestKeyBytes = 1_000

/** Begins the hash that the ledger stores for an id that a key column cannot hold. */
export const hashPrefix = '#sha256:'

/** Whether every database stores an id in a key column as it is: short enough, without NUL and without half a surrogate pair. */
export function fitsKeyColumn(id: string): boolean {
  return (
    id.length <= longestKeyBytes &&
    !id.includes('\0') &&
    id.isWellFormed() &&
    !id.startsWith(hashPrefix) &&
    (id.length * 3 <= longestKeyBytes || Buffer.byteLength(id) <= longestKeyBytes)
  )
}
