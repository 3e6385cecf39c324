import { Readable } from 'node:stream'
import { BigQuery, type JobMetadata } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import type { BigQueryConfig } from '../../config/destinations.ts'

/** A call that is not answered after this long is given up; the client's own timeouts do nothing (node-fetch 3). */
const callTimeoutMs = 60_000
/** Less than a delivery may take, so that it can still say what happened. */
const uploadTimeoutMs = 4 * 60_000

export interface ApiCall {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Behind the project's address, as in `/datasets/sales`. */
  path: string
  query?: Record<string, string | number | readonly string[]>
  body?: object
}

/**
 * BigQuery's REST API through Google's client. A call is one attempt over HTTP: retries are Temporal's business.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/rest
 */
export interface BigQueryApi {
  call<Answer>(call: ApiCall): Promise<Answer>
  /** Starts a load job whose data comes with it. */
  upload(job: JobMetadata, data: Buffer): Promise<JobMetadata>
}

export function openBigQueryApi({ project, location, key_file, api_endpoint }: BigQueryConfig): BigQueryApi {
  const endpoint = (api_endpoint ?? 'https://bigquery.googleapis.com').replace(/\/+$/, '')
  const client = new BigQuery({
    ...{ projectId: project, location, apiEndpoint: endpoint, autoRetry: false, maxRetries: 0 },
    ...(key_file === undefined ? {} : { keyFilename: key_file }),
    // No credentials leave in the clear. Without a client of its own it would look for Google's metadata server, for 15 s.
    ...(endpoint.startsWith('http:') ? { authClient: new PassThroughClient() } : {}),
  })
  // The variable BIGQUERY_EMULATOR_HOST would lead all calls elsewhere, whatever the config file says.
  client.baseUrl = `${endpoint}/bigquery/v2`

  function request<Answer>(options: Parameters<BigQuery['request']>[0], timeoutMs: number): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const timer = setTimeout(() => {
      reject(new Error(`no answer after ${timeoutMs / 1000} seconds`))
    }, timeoutMs)
    client.request(options, (error, answer) => {
      if (error) reject(error)
      else resolve(answer as Answer)
    })
    return promise.finally(() => {
      clearTimeout(timer)
    })
  }

  return {
    call: ({ method = 'GET', path, query, body }) =>
      request(
        { method, uri: path, ...(query && { qs: { ...query } }), ...(body && { json: body }) },
        callTimeoutMs,
      ),
    upload(job, data) {
      const uri = `${endpoint}/upload/bigquery/v2/projects/${project}/jobs`
      const about = { 'Content-Type': 'application/json', body: JSON.stringify(job) }
      // A stream: in a text, the client would put the project in the place of every "{{projectId}}".
      const content = { 'Content-Type': 'application/octet-stream', body: Readable.from([data]) }
      const multipart = [about, content]
      return request({ method: 'POST', uri, qs: { uploadType: 'multipart' }, multipart }, uploadTimeoutMs)
    },
  }
}
