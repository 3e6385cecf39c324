import type { DuckDBConnection } from '@duckdb/node-api'

/**
 * The limit of the cache of the file's blocks, which otherwise grows with the data. It is enough for nearly all
 * batches.
 */
export const usualMemory = '48MB'
/** DuckDB holds the long texts of 2,048 adjacent rows in memory at once, whatever the size of a batch. */
const moreMemory = ['192MB', '768MB']

export const outOfMemory = /Out of Memory Error|failed to (?:pin block|allocate data)/

/**
 * Runs work in DuckDB that may need more memory than usual. If so, it gets more, and the higher limit stays
 * until the file is closed, because the following work probably needs as much.
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
