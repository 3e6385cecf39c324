import type { DatasetResource } from '@google-cloud/bigquery'
import { ConnectorError } from '../../model/connector-error.ts'
import type { StreamName } from '../../model/stream.ts'
import type { BigQueryPlace } from './bigquery-place.ts'
import { changeTable, findDataset, findTable, makeDataset, makeTable } from './metadata.ts'
import { planTable, type Step } from './plan-table.ts'
import type { TableState } from './table-layout.ts'
import { viewsOn, type View } from './views.ts'

export interface PreparedDataset {
  /** What was created or changed, or would be. */
  lines: string[]
  tables: Record<StreamName, TableState>
  /** When the dataset was made, as BigQuery tells it; '' where it does not: one of the same name made later is another. */
  madeAt: string
}

/** Makes the dataset, its tables and views, or completes them. What is there already is left alone. */
export async function prepareDataset(place: BigQueryPlace, dryRun: boolean): Promise<PreparedDataset> {
  const found = await findDatasetThere(place)
  const isThere = found !== null
  const views = Object.entries(viewsOn(place.sqlName))
  const plan = (stream: StreamName) => planTable(place, stream, isThere)
  const [[qr_codes, scans, analytics_daily, analytics_breakdown], viewSteps] = await Promise.all([
    Promise.all([plan('qr_codes'), plan('scans'), plan('analytics_daily'), plan('analytics_breakdown')]),
    Promise.all(views.map(([name, view]) => planView(place, name, view, isThere))),
  ])
  const tables = { qr_codes, scans, analytics_daily, analytics_breakdown }
  const tableSteps = Object.values(tables)
  if (!dryRun) {
    if (!isThere) await makeDataset(place)
    await Promise.all(tableSteps.map((step) => step.take()))
    await Promise.all(viewSteps.map((step) => step.take()))
  }
  return {
    lines: [
      ...(isThere ? [] : [`create dataset ${place.config.dataset}`]),
      ...[...tableSteps, ...viewSteps].flatMap(({ lines }) => lines),
    ],
    tables,
    madeAt: madeAtOf(found ?? (dryRun ? null : await findDataset(place))),
  }
}

function madeAtOf(dataset: DatasetResource | null): string {
  const madeMs = Number(dataset?.creationTime)
  return Number.isNaN(madeMs) || madeMs === 0 ? '' : new Date(madeMs).toISOString()
}

async function findDatasetThere(place: BigQueryPlace): Promise<DatasetResource | null> {
  const { project, dataset, location } = place.config
  const found = await findDataset(place)
  if (found === null) return null
  // Jobs run where the data lies: elsewhere they would not find it.
  if (found.location === undefined || isSamePlace(found.location, location)) return found
  throw new ConnectorError(
    'CONFIG_INVALID',
    `Destination ${place.name}: the dataset ${project}.${dataset} lies in ${found.location}, not in ${location}.\n` +
      `Write location: ${found.location}, or name another dataset.`,
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
  if (found === null)
    return { lines: [`create view ${name}`], take: () => makeTable(place, name, { view, description }) }
  const isCurrent = (found.view?.query ?? query) === query
  return {
    lines: isCurrent ? [] : [`update view ${name}`],
    async take() {
      if (!isCurrent) await changeTable(place, name, { view })
    },
  }
}
