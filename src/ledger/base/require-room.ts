import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isPostgresUrl } from './postgres-dialect.ts'
import { unavailable } from './unavailable.ts'

const megabyte = 1024 ** 2
/** More than a slice of a sync can land, with what SQLite keeps beside the file until it is folded in. */
const neededMb = 32

/**
 * For whoever is about to make a call: what it brings must find room, or it would be paid for nothing, and again with each
 * attempt. How much a PostgreSQL server has, only it knows.
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
