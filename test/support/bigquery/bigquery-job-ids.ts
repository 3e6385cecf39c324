import type { JobMetadata } from '@google-cloud/bigquery'
import { jsonAnswer, refusal, seen } from './bigquery-world.ts'
import type { CallHandler } from '../faulty-proxy.ts'

export interface BigQueryJobIds {
  /** Known jobs by their ids, in the order in which they ran. */
  jobs: Map<string, JobMetadata>
  /** For a `BigQueryWorld`. */
  handle: CallHandler
}

/**
 * Adds what bqemulator lacks: BigQuery accepts a job's id once, shows loads under the id they were given, and
 * lists running jobs.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/insert
 */
export function bigQueryJobIds(): BigQueryJobIds {
  const jobs = new Map<string, JobMetadata>()
  return {
    jobs,
    async handle(call, forward) {
      const { what, body } = seen(call)
      const [, id] = /^GET \/jobs\/(.+)$/.exec(what) ?? []
      if (id !== undefined) {
        const job = jobs.get(id)
        return job === undefined ? refusal(404, 'notFound', `Not found: Job ${id}`) : jsonAnswer(200, job)
      }
      if (what === 'GET /jobs') {
        const atWork = [...jobs.values()].filter(({ status }) => status?.state !== 'DONE')
        return jsonAnswer(200, { jobs: atWork })
      }
      const { jobReference, configuration = {} } = body as JobMetadata
      if (!/^POST (\/upload)?\/jobs$/.test(what) || jobReference?.jobId === undefined) return forward()
      if (jobs.has(jobReference.jobId)) {
        return refusal(409, 'duplicate', `Already Exists: Job ${jobReference.jobId}`)
      }
      const answer = await forward()
      if (answer.status !== 200) return answer
      const job = JSON.parse(answer.body.toString()) as JobMetadata
      const known = {
        ...job,
        jobReference,
        configuration,
        statistics: { endTime: String(Date.now()), ...job.statistics },
      }
      jobs.set(jobReference.jobId, known)
      return jsonAnswer(200, known)
    },
  }
}
