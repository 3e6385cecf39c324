import type { DatasetResource, JobMetadata } from '@google-cloud/bigquery'
import { streamNames } from '../../streams/streams.ts'
import type { CheckReport } from '../destination.ts'
import { bigQueryError } from './client/bigquery-error.ts'
import { faultOf } from './client/bigquery-fault.ts'
import { quotedName } from './client/sql-name.ts'
import type { BigQueryPlace } from './client/bigquery-place.ts'
import { findDataset } from './tables/metadata.ts'
import { isSamePlace } from './tables/prepare-dataset.ts'

type Need = CheckReport['needs'][number]

/** For the tables, and for the staging tables next to them. */
const tablePermissions = ['get', 'update', 'getData', 'updateData', 'delete'].map(
  (verb) => `bigquery.tables.${verb}`,
)

/**
 * Reports which account qrsync uses and what it may do in the dataset. Writes nothing: permissions that cannot
 * be queried are tested with a dry run.
 */
export async function checkAccess(place: BigQueryPlace): Promise<CheckReport> {
  const { project, dataset, location } = place.config
  const identity = `BigQuery, project ${project}, dataset ${dataset} in ${location}`
  const account = await askAccount(place)
  if (typeof account !== 'string') return { identity, needs: [account] }
  const mayRunJobs = { what: `bigquery.jobs.create on project ${project}`, isMet: true }
  return {
    identity: `${identity}, as ${account}`,
    needs: [mayRunJobs, ...(await checkDataset(place, account))],
  }
}

/**
 * Runs a query that reads no table and costs nothing.
 *
 * @returns the account, or what is missing
 * @see https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query
 */
async function askAccount(place: BigQueryPlace): Promise<string | Need> {
  const { project, location, labels } = place.config
  const body = { query: 'SELECT SESSION_USER()', useLegacySql: false, location, labels, timeoutMs: 30_000 }
  try {
    const { rows } = await place.api.call<{ rows?: { f: { v: string }[] }[] }>({
      method: 'POST',
      path: '/queries',
      body,
    })
    return rows?.[0]?.f[0]?.v ?? 'an account that has no name'
  } catch (error) {
    const { code, message } = bigQueryError(error, place)
    if (code !== 'DESTINATION_FORBIDDEN') throw error
    const isKnown = faultOf(error).status === 403
    return isKnown
      ? unmet(
          `bigquery.jobs.create on project ${project}`,
          `Grant roles/bigquery.user on project ${project}.`,
        )
      : unmet('credentials that Google accepts', message.replace(/^Destination \S+: /, ''))
  }
}

async function checkDataset(place: BigQueryPlace, account: string): Promise<Need[]> {
  const { project, dataset, location } = place.config
  const edit = `Grant roles/bigquery.dataEditor on dataset ${dataset} to ${account}.`
  let found: DatasetResource | null
  try {
    found = await findDataset(place)
  } catch (error) {
    if (!isForbidden(error, place)) throw error
    return [unmet(`bigquery.datasets.get on dataset ${dataset}`, edit)]
  }
  if (found === null) {
    const what = `bigquery.datasets.create on project ${project}, or a dataset ${dataset}`
    const advice =
      `Grant roles/bigquery.user on project ${project} to ${account}. ` +
      `Or create the dataset in ${location}, and grant roles/bigquery.dataEditor on it.`
    return [need(what, await mayRun(place, `CREATE SCHEMA ${quotedName(project, dataset)}`), advice)]
  }
  const lies = found.location ?? location
  const where = need(
    `dataset ${dataset} in ${location}`,
    isSamePlace(lies, location),
    `Write location: ${lies}.`,
  )
  if (!where.isMet) return [where]
  const mayCreate = await mayRun(place, `CREATE TABLE ${place.sqlName('qrsync_check')} (id STRING)`)
  const missing = await missingPermissions(place)
  return [
    where,
    need(`bigquery.tables.create on dataset ${dataset}`, mayCreate, edit),
    ...tablePermissions.map((permission) =>
      need(`${permission} on dataset ${dataset}`, !missing.has(permission), edit),
    ),
  ]
}

/** @see https://cloud.google.com/bigquery/docs/running-queries#dry-run */
async function mayRun(place: BigQueryPlace, query: string): Promise<boolean> {
  const { api, config } = place
  const jobReference = { projectId: config.project, location: config.location }
  const configuration = { dryRun: true, query: { query, useLegacySql: false } }
  try {
    const body = { jobReference, configuration }
    const { status } = await api.call<JobMetadata>({ method: 'POST', path: '/jobs', body })
    return status?.errorResult?.reason !== 'accessDenied'
  } catch (error) {
    if (isForbidden(error, place)) return false
    throw error
  }
}

/**
 * Returns the missing permissions on the existing tables.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/rest/v2/tables/testIamPermissions
 */
async function missingPermissions({ api, config }: BigQueryPlace): Promise<Set<string>> {
  const answers = streamNames.map(async (table) => {
    const path = `/datasets/${config.dataset}/tables/${table}/:testIamPermissions`
    const body = { permissions: tablePermissions }
    try {
      const { permissions = [] } = await api.call<{ permissions?: string[] }>({ method: 'POST', path, body })
      return tablePermissions.filter((permission) => !permissions.includes(permission))
    } catch (error) {
      // The table does not exist yet, or an emulator does not support this request.
      if ([404, 405, 501].includes(faultOf(error).status ?? 0)) return []
      throw error
    }
  })
  return new Set((await Promise.all(answers)).flat())
}

/** Excludes an exhausted limit, which is a 403 too. */
function isForbidden(error: unknown, place: BigQueryPlace): boolean {
  return bigQueryError(error, place).code === 'DESTINATION_FORBIDDEN'
}

function need(what: string, isMet: boolean, advice: string): Need {
  return isMet ? { what, isMet } : unmet(what, advice)
}

function unmet(what: string, advice: string): Need {
  return { what, isMet: false, advice }
}
