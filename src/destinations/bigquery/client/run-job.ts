import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { JobMetadata } from '@google-cloud/bigquery'
import { isConflict } from './bigquery-fault.ts'
import type { BigQueryPlace } from './bigquery-place.ts'

const firstDelayMs = 250
const longestDelayMs = 5_000
/**
 * Less than the time limit of a delivery. The next attempt finds the job that is still running, and continues
 * to wait.
 */
const longestWaitMs = 4 * 60_000

/** The label that names the batch of a job. */
const batchLabel = 'qrsync_batch'

export interface JobPlan {
  /** Names the work; the same for each attempt. */
  id: string
  /** A digest of the job's whole input. */
  batch: string
  configuration: NonNullable<JobMetadata['configuration']>
  /** For a load. */
  data?: readonly Buffer[]
  /** Whether the result of an earlier job of the same batch still exists. */
  stands: (job: JobMetadata) => Promise<boolean>
}

/**
 * Runs a job to its end, and at most one with that id at a time: BigQuery accepts an id once, from any process.
 * If the id is taken, waits for its job. If that job had the same batch and its result still exists, the work
 * is done; otherwise it is repeated under the next id. So an attempt that lost its response is not repeated, a
 * failed one is, and rows that were deleted since are written again.
 *
 * @throws the failure of the job, with BigQuery's reason in `errors` as for a failed call
 * @see https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid
 */
export async function runJob(place: BigQueryPlace, plan: JobPlan): Promise<JobMetadata> {
  const { project, location, labels } = place.config
  for (let attempt = 0; ; attempt++) {
    const job: JobMetadata = {
      jobReference: { projectId: project, jobId: `${place.jobPrefix}${plan.id}_${attempt}`, location },
      configuration: { ...plan.configuration, labels: { ...labels, [batchLabel]: plan.batch } },
    }
    const started = await start(place, job, plan.data)
    if (started !== null) return succeeded(await untilDone(place, started))
    const other = await untilDone(place, await readJob(place, job))
    const isSame = other.configuration?.labels?.[batchLabel] === plan.batch
    if (isSame && !other.status?.errorResult && (await plan.stands(other))) return other
  }
}

/**
 * Waits for jobs that a dead worker, or an attempt that lost its connection, has left running. Such a batch may
 * have been cut differently from the next one, which then has another id. Two MERGEs at once can insert a row
 * twice, because BigQuery does not treat inserts as conflicts.
 *
 * @see https://cloud.google.com/bigquery/docs/data-manipulation-language#dml_statement_conflicts
 */
export async function settleJobs(place: BigQueryPlace): Promise<void> {
  const query = { projection: 'minimal', stateFilter: ['pending', 'running'], maxResults: 1_000 }
  const { jobs = [] } = await place.api.call<{ jobs?: JobMetadata[] }>({ path: '/jobs', query })
  const ours = jobs.filter(({ jobReference }) => jobReference?.jobId?.startsWith(place.jobPrefix))
  for (const job of ours) await untilDone(place, job)
}

/** Runs a statement that may run twice, to its end. */
export async function runStatement(
  place: BigQueryPlace,
  query: NonNullable<NonNullable<JobMetadata['configuration']>['query']>,
): Promise<void> {
  const { project, location, labels } = place.config
  const job: JobMetadata = {
    // A new id each time: the same statement deletes something else later.
    jobReference: { projectId: project, jobId: `${place.jobPrefix}${randomUUID()}`, location },
    configuration: { query, labels },
  }
  const started = await place.api.call<JobMetadata>({ method: 'POST', path: '/jobs', body: job })
  succeeded(await untilDone(place, started))
}

/** Null if there is a job with that id. */
async function start(
  { api }: BigQueryPlace,
  job: JobMetadata,
  data: readonly Buffer[] | undefined,
): Promise<JobMetadata | null> {
  try {
    return data === undefined
      ? await api.call<JobMetadata>({ method: 'POST', path: '/jobs', body: job })
      : await api.upload(job, data)
  } catch (error) {
    if (isConflict(error)) return null
    throw error
  }
}

function readJob({ api, config }: BigQueryPlace, { jobReference }: JobMetadata): Promise<JobMetadata> {
  const location = jobReference?.location ?? config.location
  return api.call<JobMetadata>({
    path: `/jobs/${encodeURIComponent(jobReference?.jobId ?? '')}`,
    query: { location },
  })
}

async function untilDone(place: BigQueryPlace, started: JobMetadata): Promise<JobMetadata> {
  const endsAtMs = performance.now() + longestWaitMs
  let job = started
  for (
    let delayMs = firstDelayMs;
    job.status?.state !== 'DONE';
    delayMs = Math.min(2 * delayMs, longestDelayMs)
  ) {
    if (performance.now() > endsAtMs) {
      throw new Error(
        `the job ${job.jobReference?.jobId ?? ''} is not done after ${longestWaitMs / 60_000} minutes`,
      )
    }
    await setTimeout(delayMs)
    job = await readJob(place, job)
  }
  return job
}

function succeeded(job: JobMetadata): JobMetadata {
  const failure = job.status?.errorResult
  if (!failure) return job
  throw Object.assign(new Error(failure.message), { errors: [failure] })
}
