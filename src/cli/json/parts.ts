import { z } from 'zod'

export const time = (description: string) => z.iso.datetime().describe(description)
export const timeOrNull = (description: string) => time(description).nullable()
export const count = (description: string) => z.int().min(0).describe(description)
export const text = (description: string) => z.string().describe(description)
export const textOrNull = (description: string) => z.string().nullable().describe(description)
export const flag = (description: string) => z.boolean().describe(description)
const hours = (description: string) => z.number().nullable().describe(description)

export const connector = text('The name of the connector')
export const destination = text('Its name in the config file')

export const lags = {
  mean_lag_h: hours('Mean time from scan to landed, in hours; null without scans'),
  p50_lag_h: hours('Half of the scans landed within this time, in hours'),
  p95_lag_h: hours('95 % of the scans landed within this time, in hours'),
}

const code = text('The error code (README: Errors), or the name of an unexpected error')
const message = text('What happened, where, and what to do')

/** The failure of a command, or of a part of it. */
export const problem = z.strictObject({ code, message })

/** A stream that a destination does not accept. */
export const undelivered = z
  .array(
    z.strictObject({
      destination,
      stream: text('The stream that it does not accept'),
      code,
      message,
      attempts: count('Attempts that have failed in a row'),
      since: time('The first of them failed'),
      next_try_at: time('When a worker tries again'),
    }),
  )
  .describe('Streams that are not delivered, because they fail')

export const deliveryFailures = z
  .array(
    z.strictObject({
      connector,
      destination,
      stream: text('The stream that it does not accept'),
      code,
      message,
      attempts: count('Attempts that have failed in a row'),
      since: time('The first of them failed'),
      failed_at: time('The last of them failed'),
      retry_at: time('When a worker tries again'),
    }),
  )
  .describe('Streams that it does not accept now; the others are delivered')

export const failures = z
  .array(
    z.strictObject({
      qr_code_id: textOrNull('The code; null for a call about the whole account'),
      name: textOrNull('The name of the code'),
      endpoint: text('The endpoint of the API'),
      code,
      message,
      attempts: count('Attempts that have failed in a row'),
      since: time('The first of them failed'),
      next_try_at: time('When qrsync tries again'),
    }),
  )
  .describe('Calls of the API that fail')

export const failing = z
  .strictObject({
    failures,
    outages: z
      .array(
        z.strictObject({
          endpoint: textOrNull('The endpoint that fails as a whole; null: the whole API'),
          code,
          message,
          since: time('The first call failed'),
          next_probe_at: time('When qrsync probes again'),
        }),
      )
      .describe('Endpoints that fail as a whole'),
  })
  .describe('What of the API fails')

export const waits = z
  .strictObject({
    reason: z
      .enum(['minute', 'month', 'share', 'retry_after', 'outage', 'failures', 'other_sync', 'kept', 'plan'])
      .describe('What the next call waits for'),
    until: time('Until when'),
  })
  .nullable()
  .describe('Why no call is made, for longer than anybody waits at a terminal; null otherwise')

export const history = {
  codes: count('Codes whose history has not landed'),
  scans: count('Scans of their history'),
  calls: count('Calls that these take at least'),
  calls_this_month: count('How many of them this month allows'),
  ends_at: timeOrNull('When they will have landed; null if that is done, paused or out of reach'),
  paused_since: timeOrNull('Since when the backfill is paused; null if it is not'),
}

export const run = z.strictObject({
  workflow_id: text('Its id in Temporal'),
  status: text('RUNNING, COMPLETED, FAILED …, as Temporal names it'),
  started_at: time('When it started'),
  failure: z
    .strictObject({
      type: textOrNull('The error code'),
      message,
      attempt: z.int().nullable().describe('Attempts that have failed; null if it is not tried again'),
      next_attempt_at: timeOrNull('When it is tried again'),
    })
    .nullable()
    .describe('Why it has failed, or why its activity is tried again; null if all goes well'),
})

export const difference = z.strictObject({
  id: text('The id of the code'),
  name: textOrNull('Its name'),
  deleted: flag('The API no longer lists it'),
  listed: count('Scans that the API counts').nullable(),
  landed: count('Scans that have landed'),
  pending: count('Scans that land with the next call'),
  late: count('Late scans, which qrsync searches for'),
  late_search_at: timeOrNull('When the search is due'),
  not_handed_out: count('Scans that the API counts but did not return in a search'),
  searched_at: timeOrNull('When they were last searched for'),
  fallen: count('Landed scans that the API no longer counts'),
  fell_at: timeOrNull('When its count fell'),
  gone_with_code: count('Scans of a deleted code that never landed'),
  set_aside: count('Malformed rows'),
  unexplained: count('Scans that are missing without an explanation'),
})
