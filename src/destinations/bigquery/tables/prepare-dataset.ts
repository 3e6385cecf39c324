import type { DatasetResource } from '@google-cloud/bigquery'
import { ConnectorError } from '../../../model/connector-error.ts'
import { streamNames, type StreamName } from '../../../streams/streams.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { changeTable, findDataset, findTable, makeDataset, makeTable } from './metadata.ts'
import { planTable, type Step } from './plan-table.ts'
import type { TableState } from './table-layout.ts'
import { viewsOn, type View } from './views.ts'

export interface PreparedDataset {
  /** What was created or changed, or would be. */
  lines: string[]
  /** The tables that rows can be written to. */
  tables: Map<StreamName, TableState>
  /** Why the others could not be created or changed. */
  tableFailures: Map<StreamName, Error>
  /** Why views could not be created or changed. Rows are delivered without them. */
  viewFailures: Error[]
  /**
   * When BigQuery created the dataset, or '' if it does not say: a dataset with the same name and another time
   * is another one.
   */
  madeAt: string
}

/**
 * Creates the dataset, its tables and views, or completes them. Leaves existing parts unchanged. A table that
 * cannot be used does not affect the others.
 */
export async function prepareDataset(place: BigQueryPlace, dryRun: boolean): Promise<PreparedDataset> {
  const found = await findDatasetThere(place)
  const isThere = found !== null
  if (!dryRun && !isThere) await makeDataset(place)
  const take = async <Planned extends Step>(plan: Promise<Planned>): Promise<Planned> => {
    const step = await plan
    if (!dryRun) await step.take()
    return step
  }
  const tables = await Promise.allSettled(
    streamNames.map((stream) => take(planTable(place, stream, isThere))),
  )
  const prepared: PreparedDataset = {
    lines: isThere ? [] : [`create dataset ${place.config.dataset}`],
    tables: new Map(),
    tableFailures: new Map(),
    viewFailures: [],
    madeAt: madeAtOf(found ?? (dryRun ? null : await findDataset(place))),
  }
  for (const [index, stream] of streamNames.entries()) {
    const table = tables[index]
    if (table?.status === 'fulfilled') {
      prepared.tables.set(stream, { fields: table.value.fields })
      prepared.lines.push(...table.value.lines)
    } else prepared.tableFailures.set(stream, asError(table?.reason))
  }
  // If a view reads a missing table, the failure of the table says why.
  const views = Object.entries(viewsOn(place.sqlName)).filter(([, { of }]) =>
    of.every((stream) => prepared.tables.has(stream)),
  )
  const made = await Promise.allSettled(
    views.map(([name, view]) => take(planView(place, name, view, isThere))),
  )
  for (const view of made) {
    if (view.status === 'fulfilled') prepared.lines.push(...view.value.lines)
    else prepared.viewFailures.push(asError(view.reason))
  }
  return prepared
}

/** Returns the failures, tables first. */
export function failuresOf({ tableFailures, viewFailures }: PreparedDataset): Error[] {
  return [...tableFailures.values(), ...viewFailures]
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

/** `madeAt` of {@link PreparedDataset}. */
export function madeAtOf(dataset: DatasetResource | null): string {
  const madeMs = Number(dataset?.creationTime)
  return Number.isNaN(madeMs) || madeMs === 0 ? '' : new Date(madeMs).toISOString()
}

/** @returns null if it is missing @throws ConnectorError CONFIG_INVALID if it is in another location */
export async function findDatasetThere(place: BigQueryPlace): Promise<DatasetResource | null> {
  const { project, dataset, location } = place.config
  const found = await findDataset(place)
  if (found === null) return null
  // Jobs run in the location of the data: elsewhere they would not find it.
  if (found.location === undefined || isSamePlace(found.location, location)) return found
  throw new ConnectorError(
    'CONFIG_INVALID',
    `Destination ${place.name}: the dataset ${project}.${dataset} is in ${found.location}, not in ${location}.\n` +
      `Set location: ${found.location}, or use another dataset.`,
    { retry: 'never' },
  )
}

export function isSamePlace(location: string, other: string): boolean {
  return location.toLowerCase() === other.toLowerCase()
}

async function planView(
  place: BigQueryPlace,
  name: string,
  { query, description }: View,
  isThere: boolean,
): Promise<Step> {
  const view = { query, useLegacySql: false }
  const found = isThere ? await findTable(place, name) : null
  if (found === null) {
    return { lines: [`create view ${name}`], take: () => makeTable(place, name, { view, description }) }
  }
  const isCurrent = (found.view?.query ?? query) === query
  return {
    lines: isCurrent ? [] : [`update view ${name}`],
    async take() {
      if (!isCurrent) await changeTable(place, name, { view })
    },
  }
}
