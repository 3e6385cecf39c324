import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isPostgresUrl } from './is-postgres-url.ts'
import { unavailable } from './unavailable.ts'

const megabyte = 1024 ** 2
/** More than a slice of a sync can land, including what SQLite writes next to the file until its checkpoint. */
const neededMb = 32

/**
 * Checks disk space before a call: if the result cannot be stored, the call is wasted, and so is every retry.
 * For PostgreSQL it checks nothing, because only the server knows its disk.
 *
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function requireRoom(location: string): Promise<void> {
  if (isPostgresUrl(location)) return
  const { bavail, bsize } = await statfs(dirname(location))
  const freeMb = Math.floor((bavail * bsize) / megabyte)
  if (freeMb < neededMb) {
    throw unavailable(
      location,
      `its disk has ${freeMb} MB left, so qrsync makes no call`,
      `Free at least ${neededMb} MB.`,
    )
  }
}
