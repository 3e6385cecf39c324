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
 * So many rows go in the statement itself: a quarter of the calls of a load, no staging table to pay the smallest price for
 * (10 MB), and far below the 10 MB that a request may have.
 */
const smallRows = 500
const smallBytes = 512 * 1024

/** Rows at fault are found by halves, two loads a step. Where so many loads fail, it is not the rows. */
const mostRefusals = 400

/** One write: what became of the batch, or its halves if BigQuery refuses it for some of its rows. */
type Written = { outcomes: Outcome[] } | { refusal: string; halves: Batch[] }

/**
 * Merges a batch into its table, and yields what became of each part of it.
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
      // Only a load tells rows at fault from a table that is not as we know it: there, the MERGE behind it fails again.
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
 * The id holds where the batch begins, not what it holds: an attempt that follows another with more rows, or with some that
 * have changed in between, must wait for that one.
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
    // Rows may have been deleted by hand since, or the table made anew: whoever delivers again wants them back.
    stands: async (job) =>
      Number((await findTable(place, stream))?.lastModifiedTime) <= Number(job.statistics?.endTime),
  })
}

function rowsParameter(lines: readonly Buffer[]) {
  const value = `[${lines.join('').trimEnd().replaceAll('\n', ',')}]`
  return {
    name: 'rows',
    parameterType: { type: 'STRING' },
    // The client puts the project in the place of every "{{projectId}}": spelled otherwise, the rows keep it.
    parameterValue: { value: value.replaceAll('{{projectId}}', String.raw`\u007b{projectId}}`) },
  }
}
