import { Readable } from 'node:stream'
import { BigQuery, type JobMetadata } from '@google-cloud/bigquery'
import type { BigQuerySettings } from '../settings.ts'
import { ConnectorError } from '../../../model/connector-error.ts'
import { areCredentialsRefused } from './bigquery-fault.ts'
import { openCredentials } from './google-credentials.ts'
import { refuseRedirectsOf } from './refuse-redirects.ts'

/** A call without a response ends after this time; the client's own timeouts have no effect (node-fetch 3). */
const callTimeoutMs = 60_000
/** Less than the time limit of a delivery, so that the delivery can still report what happened. */
const uploadTimeoutMs = 4 * 60_000

/** Attempts at one request if its connection is closed. */
const mostResets = 4

type RequestOptions = Parameters<BigQuery['request']>[0]

export interface ApiCall {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Appended to the project's address, such as `/datasets/sales`. */
  path: string
  query?: Record<string, string | number | readonly string[]>
  body?: object
}

/**
 * BigQuery's REST API through Google's client. A call is one attempt over HTTP; Temporal does the retries.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/rest
 */
export interface BigQueryApi {
  call<Answer>(call: ApiCall): Promise<Answer>
  /** Starts a load job and sends its data with it. */
  upload(job: JobMetadata, data: readonly Buffer[]): Promise<JobMetadata>
}

export function openBigQueryApi(name: string, config: BigQuerySettings): BigQueryApi {
  const { project, location } = config
  const endpoint = (config.api_endpoint ?? 'https://bigquery.googleapis.com').replace(/\/+$/, '')
  refuseRedirectsOf(endpoint)
  let opened: Promise<BigQuery> | undefined

  async function open(): Promise<BigQuery> {
    const authClient = await openCredentials(name, endpoint, config)
    const retries = { autoRetry: false, maxRetries: 0 }
    const client = new BigQuery({
      projectId: project,
      location,
      apiEndpoint: endpoint,
      authClient,
      ...retries,
    })
    // The variable BIGQUERY_EMULATOR_HOST would redirect all calls, whatever the config file says.
    client.baseUrl = `${endpoint}/bigquery/v2`
    return client
  }

  /** @param optionsOf creates the request, because a body that is a stream can be sent only once */
  async function request<Answer>(optionsOf: () => RequestOptions, timeoutMs: number): Promise<Answer> {
    try {
      opened ??= open()
      const client = await opened
      return await unlessReset(() => answerOf<Answer>(client, optionsOf(), timeoutMs))
    } catch (error) {
      // The next attempt may find another key.
      if (error instanceof ConnectorError || areCredentialsRefused(error)) opened = undefined
      throw error
    }
  }

  return {
    call: ({ method = 'GET', path, query, body }) =>
      request(
        () => ({ method, uri: path, ...(query && { qs: { ...query } }), ...(body && { json: body }) }),
        callTimeoutMs,
      ),
    upload(job, data) {
      const uri = `${endpoint}/upload/bigquery/v2/projects/${project}/jobs`
      const about = { 'Content-Type': 'application/json', body: JSON.stringify(job) }
      return request(() => {
        // A stream, because in a string the client would replace every "{{projectId}}" by the project.
        const content = { 'Content-Type': 'application/octet-stream', body: Readable.from(data) }
        return { method: 'POST', uri, qs: { uploadType: 'multipart' }, multipart: [about, content] }
      }, uploadTimeoutMs)
    },
  }
}

/**
 * A server, or a proxy in front of it, may close an idle connection just when it is used again. All our
 * requests are idempotent (we choose the ids of jobs), so such a request is sent again, as often as there may
 * be stale connections.
 */
async function unlessReset<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (attempt === mostResets || !wasReset(error)) throw error
    }
  }
}

function wasReset(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return code === 'ECONNRESET' || code === 'EPIPE' || /ECONNRESET|EPIPE|socket hang up/.test(String(message))
}

function answerOf<Answer>(client: BigQuery, options: RequestOptions, timeoutMs: number): Promise<Answer> {
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
