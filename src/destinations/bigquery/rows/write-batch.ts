import type { Outcome } from '../../destination.ts'
import { outcomesOf } from '../../outcomes.ts'
import { asLines, daysOf, digestOf, firstSeqOf, type Batch } from './batch.ts'
import { isRefusal } from '../client/bigquery-fault.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { mergeSql } from '../tables/merge-sql.ts'
import { findTable } from '../tables/metadata.ts'
import { runJob } from '../client/run-job.ts'
import { dropStaging, loadStaging, stagingName } from './staging.ts'

/**
 * Up to this number, rows are part of the statement itself. That needs a quarter of the calls of a load and no
 * staging table (billed at 10 MB or more), and stays far below the 10 MB of a request.
 */
const smallRows = 500
const smallBytes = 512 * 1024

/** Bad rows are found by halving, two loads per step. If this many loads fail, the rows are not the cause. */
const mostRefusals = 400

/**
 * The result of one write: the outcomes of the batch, or its halves if BigQuery refuses it because of some
 * rows.
 */
type Written = { outcomes: Outcome[] } | { refusal: string; halves: Batch[] }

/**
 * Merges a batch into its table, and yields the outcomes of each part.
 *
 * @param inTable runs one write when it is its turn
 */
export async function* writeBatch(
  place: BigQueryPlace,
  whole: Batch,
  inTable: (write: () => Promise<Written>) => Promise<Written>,
): AsyncGenerator<Outcome[]> {
  if (whole.rows.length === 0) return
  const open = [whole]
  let refusals = 0
  for (let batch = open.pop(); batch !== undefined; batch = open.pop()) {
    const part = batch
    const written = await inTable(() =>
      part === whole ? writeWhole(place, part) : writeByLoad(place, part, asLines(part)),
    )
    if ('outcomes' in written) {
      yield written.outcomes
      continue
    }
    refusals += 1
    if (refusals > mostRefusals) throw new Error(`refuses one load after another: ${written.refusal}`)
    open.push(...written.halves.toReversed())
  }
}

async function writeWhole(place: BigQueryPlace, batch: Batch): Promise<Written> {
  const lines = asLines(batch)
  if (batch.rows.length <= smallRows && lines.every(({ length }) => length <= smallBytes)) {
    try {
      await merge(place, batch, digestOf(batch, lines), { lines })
      return { outcomes: outcomesOf(batch.rows, []) }
    } catch (error) {
      // Only a load distinguishes bad rows from a table that differs from what we know: in that case, the
      // following MERGE fails again.
      if (!isRefusal(error)) throw error
    }
  }
  return writeByLoad(place, batch, lines)
}

async function writeByLoad(place: BigQueryPlace, batch: Batch, lines: readonly Buffer[]): Promise<Written> {
  const digest = digestOf(batch, lines)
  const stagingTable = stagingName(batch, digest)
  const refusal = await loadStaging(place, batch, lines, digest)
  if (refusal === null) await merge(place, batch, digest, { stagingTable })
  await dropStaging(place, stagingTable)
  if (refusal === null) return { outcomes: outcomesOf(batch.rows, []) }

  if (batch.rows.length === 1) {
    return {
      outcomes: outcomesOf(
        batch.rows,
        batch.rows.map(({ id }) => ({ id, reason: refusal })),
      ),
    }
  }
  const middle = batch.rows.length >>> 1
  const halves = [batch.rows.slice(0, middle), batch.rows.slice(middle)].map((rows) => ({ ...batch, rows }))
  return { refusal, halves }
}

/**
 * The id depends on where the batch begins, not on its content: an attempt that follows one with more rows, or
 * with rows that have changed since, must wait for that one.
 */
async function merge(
  place: BigQueryPlace,
  batch: Batch,
  digest: string,
  source: { lines: readonly Buffer[] } | { stagingTable: string },
): Promise<void> {
  const { stream, columns } = batch
  const isStaged = 'stagingTable' in source
  const query = mergeSql({
    table: place.sqlName(stream),
    columns,
    days: daysOf(batch),
    stagingTable: isStaged ? place.sqlName(source.stagingTable) : null,
  })
  const parameters = isStaged
    ? {}
    : { parameterMode: 'NAMED', queryParameters: [rowsParameter(source.lines)] }
  await runJob(place, {
    id: `${stream}_merge_${firstSeqOf(batch)}`,
    batch: digest,
    configuration: { query: { query, useLegacySql: false, ...parameters } },
    // Somebody may have deleted rows since, or created the table again. A repeated delivery should write them
    // again.
    stands: async (job) =>
      Number((await findTable(place, stream))?.lastModifiedTime) <= Number(job.statistics?.endTime),
  })
}

function rowsParameter(lines: readonly Buffer[]) {
  const value = `[${lines.join('').trimEnd().replaceAll('\n', ',')}]`
  return {
    name: 'rows',
    parameterType: { type: 'STRING' },
    // The client replaces every "{{projectId}}" by the project. In another spelling, the rows keep it.
    parameterValue: { value: value.replaceAll('{{projectId}}', String.raw`\u007b{projectId}}`) },
  }
}
