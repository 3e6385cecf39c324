import { setTimeout } from 'node:timers/promises'
import type { JobMetadata } from '@google-cloud/bigquery'
import { isConflict } from './bigquery-fault.ts'
import type { BigQueryPlace } from './bigquery-place.ts'

const firstDelayMs = 250
const longestDelayMs = 5_000
/** Less than a delivery may take. The next attempt finds the job that is still at work, and waits on. */
const longestWaitMs = 4 * 60_000

/** The label by which a job tells of which batch it is. */
const batchLabel = 'qrsync_batch'

export interface JobPlan {
  /** Names the work; the same for each attempt at it. */
  id: string
  /** A digest of all that the job is given. */
  batch: string
  configuration: NonNullable<JobMetadata['configuration']>
  /** Of a load. */
  data?: readonly Buffer[]
  /** Whether that which a job of the same batch once did is still there. */
  stands: (job: JobMetadata) => Promise<boolean>
}

/**
 * Runs a job to its end, and at most one of that id at a time: BigQuery takes an id once, in whichever process. Whoever finds
 * it taken waits for the job that has it. If that was of the same batch and what it did stands, then all is done; else the
 * work is tried anew under the next id. So an attempt whose answer got lost is not repeated, one that failed is, and what
 * was deleted since is written again.
 *
 * @throws what the job failed on, with BigQuery's reason in `errors` as for a failed call
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
 * Waits for jobs that were left at work: by a worker that died, or by an attempt that lost its connection. Its batch may
 * have been cut otherwise than the one to come, which then has another id; and two MERGEs at once can insert a row twice,
 * since to BigQuery mere inserts are no conflict.
 *
 * @see https://cloud.google.com/bigquery/docs/data-manipulation-language#dml_statement_conflicts
 */
export async function settleJobs(place: BigQueryPlace): Promise<void> {
  const query = { projection: 'minimal', stateFilter: ['pending', 'running'], maxResults: 1_000 }
  const { jobs = [] } = await place.api.call<{ jobs?: JobMetadata[] }>({ path: '/jobs', query })
  const ours = jobs.filter(({ jobReference }) => jobReference?.jobId?.startsWith(place.jobPrefix))
  for (const job of ours) await untilDone(place, job)
}

/** Null where there is a job of that id. */
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
  return api.call<JobMetadata>({ path: `/jobs/${jobReference?.jobId ?? ''}`, query: { location } })
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
