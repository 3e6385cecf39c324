import { streamNames, type StreamName } from '../../streams/streams.ts'
import type { Destination } from '../destination.ts'
import { inTurn } from '../../model/in-turn.ts'
import { isAway } from '../is-away.ts'
import { outcomesOf } from '../outcomes.ts'
import { bigQueryError } from './client/bigquery-error.ts'
import { isNotFound, isRefusal } from './client/bigquery-fault.ts'
import { openPlace } from './client/bigquery-place.ts'
import { checkAccess } from './check-access.ts'
import { eraseCodes } from './rows/erase-codes.ts'
import { countScans } from './rows/count-scans.ts'
import {
  failuresOf,
  findDatasetThere,
  madeAtOf,
  prepareDataset,
  type PreparedDataset,
} from './tables/prepare-dataset.ts'
import { settleJobs } from './client/run-job.ts'
import { takesOf, type BigQuerySettings } from './settings.ts'
import type { TableState } from './tables/table-layout.ts'
import { readBatch } from './rows/upsert-batch.ts'
import { writeBatch } from './rows/write-batch.ts'

/**
 * Creates a destination for a BigQuery dataset with a table for each stream and views on them. It keeps what
 * `prepare` has read, so that an upsert requests no metadata until a response shows that something is missing
 * or has changed.
 *
 * Throws `DESTINATION_FORBIDDEN`, `DESTINATION_RATE_LIMITED` or `DESTINATION_UNAVAILABLE`; `CONFIG_INVALID` if
 * the dataset is in another location.
 */
export function createBigQueryDestination({
  name,
  config,
}: {
  name: string
  config: BigQuerySettings
}): Destination<StreamName> {
  const place = openPlace(name, config)
  let prepared: PreparedDataset | undefined
  /** Until this is true, a job of another worker, or of an attempt that lost its response, may still be running. */
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

  /** One after the other, because two at once would create the same tables. */
  function prepareOnce(): Promise<{ known: PreparedDataset; lines: string[] }> {
    return inTurn(place.key, async () => {
      if (prepared !== undefined) return { known: prepared, lines: [] }
      prepared = await prepareDataset(place, false)
      return { known: prepared, lines: prepared.lines }
    })
  }

  /** @throws why the stream's table cannot be used; other streams continue with what is known */
  function tableOf(stream: StreamName, { tables, tableFailures }: PreparedDataset): TableState {
    const table = tables.get(stream)
    if (table !== undefined) return table
    throw tableFailures.get(stream) ?? new Error(`${stream} was not prepared`)
  }

  async function prepareFor(stream: StreamName): Promise<string[]> {
    // Somebody may have fixed the table since.
    if (prepared?.tableFailures.has(stream)) prepared = undefined
    const { known, lines } = await prepareOnce()
    tableOf(stream, known)
    return lines
  }

  async function prepareAll(): Promise<string[]> {
    const { known, lines } = await prepareOnce()
    const [failure] = failuresOf(known)
    if (failure !== undefined) throw failure
    return lines
  }

  async function planAll(): Promise<string[]> {
    const planned = await prepareDataset(place, true)
    const [failure] = failuresOf(planned)
    if (failure !== undefined) throw failure
    return planned.lines
  }

  async function settle(): Promise<void> {
    if (!isSettled) await settleJobs(place)
    isSettled = true
  }

  /**
   * A table that cannot be used keeps its rows, and no others. A job that does not end in time ends the erasure: to wait for it once
   * for each table would take longer than an activity may.
   */
  async function eraseEverywhere(codeIds: readonly string[]): Promise<void> {
    const failures: unknown[] = []
    for (const stream of streamNames) {
      try {
        await inTurn(`${place.key}/${stream}`, async () => {
          isSettled = false
          await settle()
          await eraseCodes(place, stream, codeIds)
        })
      } catch (error) {
        if (!isNotFound(error) && !isRefusal(error)) throw error
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    ...takesOf(config),
    batch: { rows: config.load.rows, characters: 4_000_000 },
    check: () => use(() => checkAccess(place)),
    plan: () => use(planAll),
    apply: (stream) =>
      use(async () => {
        isSettled = false
        if (stream !== undefined) return prepareFor(stream)
        if (prepared !== undefined && failuresOf(prepared).length > 0) prepared = undefined
        return prepareAll()
      }),
    identity: () =>
      use(async () => {
        const { madeAt } = (await prepareOnce()).known
        return identityOf(config, madeAt)
      }),
    async *write(stream, rows) {
      if (rows.length === 0) return
      const inTable = <T>(work: (table: TableState) => Promise<T>) =>
        use(async () => {
          const { known } = await prepareOnce()
          const table = tableOf(stream, known)
          return inTurn(`${place.key}/${stream}`, async () => {
            await settle()
            return work(table)
          })
        })
      const { batch, rejected } = await inTable((table) => readBatch(place, stream, rows, table))
      if (rejected.length > 0) yield outcomesOf(rejected, rejected)
      yield* writeBatch(place, batch, inTable)
    },
    counts: { countScans: () => use(() => countScans(place)) },
    erasure: {
      remains: [
        'BigQuery keeps deleted rows for its time travel (7 days, unless the dataset says less) and 7 more days for disaster recovery.',
      ],
      eraseCodes: (codeIds) =>
        use(async () => {
          const found = await findDatasetThere(place)
          if (found === null) throw isAway(name, `the dataset ${config.project}.${config.dataset}`)
          await eraseEverywhere(codeIds)
          return identityOf(config, madeAtOf(found))
        }),
    },
    // Google's client owns the connections, and closes idle ones automatically.
    close: () => Promise.resolve(),
  }
}

function identityOf({ project, dataset }: BigQuerySettings, madeAt: string): string {
  return `BigQuery dataset ${project}.${dataset}${madeAt === '' ? '' : `, made ${madeAt}`}`
}
