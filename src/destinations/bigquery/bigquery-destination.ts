import type { BigQueryConfig } from '../../config/destinations.ts'
import { streamNames, type StreamName } from '../../model/stream.ts'
import type { Destination } from '../destination.ts'
import { inTurn } from '../in-turn.ts'
import { outcomesOf } from '../outcomes.ts'
import { bigQueryError } from './bigquery-error.ts'
import { isNotFound, isRefusal } from './bigquery-fault.ts'
import { openPlace } from './bigquery-place.ts'
import { checkAccess } from './check-access.ts'
import { countScans } from './count-scans.ts'
import { prepareDataset, type PreparedDataset } from './prepare-dataset.ts'
import { settleJobs } from './run-job.ts'
import { readBatch } from './upsert-batch.ts'
import { writeBatch } from './write-batch.ts'

/**
 * A BigQuery dataset with a table for each stream and views on them. What `prepare` has seen is kept, so that an upsert asks
 * for no metadata, until an answer shows that something is gone or is another.
 *
 * Throws `DESTINATION_FORBIDDEN`, `DESTINATION_RATE_LIMITED` or else `DESTINATION_UNAVAILABLE`; `CONFIG_INVALID` where the
 * dataset lies in another location.
 */
export function createBigQueryDestination({
  name,
  config,
}: {
  name: string
  config: BigQueryConfig
}): Destination<StreamName> {
  const place = openPlace(name, config)
  let prepared: PreparedDataset | undefined
  /** Until we have looked, another worker, or an attempt of ours that lost its answer, may have left a job at work. */
  let isSettled = false

  async function use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      isSettled = false
      if (isNotFound(error) || isRefusal(error)) prepared = undefined
      throw bigQueryError(error, place)
    }
  }

  /** In turn, since two at once would make the same tables. */
  function prepareOnce(): Promise<{ known: PreparedDataset; lines: string[] }> {
    return inTurn(place.key, async () => {
      if (prepared !== undefined) return { known: prepared, lines: [] }
      prepared = await prepareDataset(place, false)
      return { known: prepared, lines: prepared.lines }
    })
  }

  async function settle(): Promise<void> {
    if (!isSettled) await settleJobs(place)
    isSettled = true
  }

  return {
    ...{ streams: streamNames, rowsPerBatch: config.load.rows, gatherMs: config.load.every },
    check: () => use(() => checkAccess(place)),
    prepare: ({ dryRun = false } = {}) =>
      use(async () => {
        if (dryRun) return (await prepareDataset(place, true)).lines
        isSettled = false
        return (await prepareOnce()).lines
      }),
    async *write(stream, rows) {
      if (rows.length === 0) return
      const inTable = <T>(work: (known: PreparedDataset) => Promise<T>) =>
        use(async () => {
          const { known } = await prepareOnce()
          return inTurn(`${place.key}/${stream}`, async () => {
            await settle()
            return work(known)
          })
        })
      const { batch, rejected } = await inTable(({ tables }) =>
        readBatch(place, stream, rows, tables[stream]),
      )
      if (rejected.length > 0) yield outcomesOf(rejected, rejected)
      yield* writeBatch(place, batch, inTable)
    },
    countScans: () => use(() => countScans(place)),
    // Connections are the client's, and close by themselves when nobody uses them.
    close: () => Promise.resolve(),
  }
}
