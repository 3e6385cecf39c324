import type { Destination } from '../src/destinations/destination.ts'
import { advanceWatermark, readPendingRows, type DeliveryKey } from '../src/ledger/deliveries.ts'
import { ConnectorError } from '../src/model/connector-error.ts'
import { streamNames } from '../src/model/stream.ts'
import type { DeliverySlice } from './contract.ts'
import type { ActivityDeps } from './deps.ts'

const rowsPerBatch = 5_000
const sliceMs = 10_000

/**
 * Brings a destination up to the ledger, batch by batch. A batch whose watermark was not written comes again: the
 * destination's upsert makes that harmless.
 */
export async function deliver(
  deps: ActivityDeps,
  destinationName: string,
  signal: AbortSignal,
): Promise<DeliverySlice> {
  const open = deps.destinations.get(destinationName)
  if (open === undefined)
    throw new ConnectorError(
      'CONFIG_INVALID',
      `The config file has no destination ${destinationName} any more.`,
      {
        retry: 'never',
      },
    )
  const destination = open()
  try {
    await destination.prepare()
    return await drain(deps, destinationName, destination, signal)
  } finally {
    await destination.close()
  }
}

async function drain(
  deps: ActivityDeps,
  destinationName: string,
  destination: Destination,
  signal: AbortSignal,
): Promise<DeliverySlice> {
  const result: DeliverySlice = { delivered: 0, rejected: 0, isDone: false }
  const endsAtMs = Date.now() + sliceMs
  for (const stream of streamNames) {
    const key: DeliveryKey = { connector: deps.connector, destination: destinationName, stream }
    for (;;) {
      if (signal.aborted || Date.now() >= endsAtMs) return result
      const batch = await readPendingRows(deps.ledger, key, rowsPerBatch)
      const rejected = await upsertBatch(destination, key, batch.rows)
      await advanceWatermark(deps.ledger, key, batch, rejected, Date.now())
      result.delivered += batch.rows.length - rejected.length
      result.rejected += rejected.length
      if (batch.isLast) break
    }
  }
  return { ...result, isDone: true }
}

async function upsertBatch(
  destination: Destination,
  key: DeliveryKey,
  rows: Parameters<Destination['upsert']>[1],
) {
  if (rows.length === 0) return []
  const { confirmed, rejected } = await destination.upsert(key.stream, rows)
  if (confirmed + rejected.length !== rows.length)
    throw new Error(
      `${key.destination}: of ${rows.length} ${key.stream}, ${confirmed} confirmed and ${rejected.length} rejected: ` +
        'a destination must account for every row',
    )
  return rejected
}
