import type { DuckDBConnection } from '@duckdb/node-api'

/** A ceiling for the cache of the file's blocks, which otherwise grows with the data. Nearly all batches do with it. */
export const usualMemory = '48MB'
/** DuckDB holds the long texts of 2,048 neighbouring rows in memory at once, whatever the size of a batch. */
const moreMemory = ['192MB', '768MB']

export const outOfMemory = /Out of Memory Error|failed to (?:pin block|allocate data)/

/**
 * Does something in DuckDB that may need more memory than usual. Where it does, it gets more, and keeps that until the file is
 * closed: what follows is likely to need as much.
 */
export async function withRoom<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  const limits = [...moreMemory]
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const limit = limits.shift()
      if (limit === undefined || !(error instanceof Error) || !outOfMemory.test(error.message)) throw error
      await connection.run(`SET memory_limit = '${limit}'`)
    }
  }
}
