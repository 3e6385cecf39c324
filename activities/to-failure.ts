import { Context } from '@temporalio/activity'
import { ApplicationFailure, TemporalFailure } from '@temporalio/common'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { delayMs, type DelayMs } from '../src/model/delay.ts'
import { ConnectorError, type Retry } from '../src/model/connector-error.ts'

const firstBackoffMs = 2_000
const longestBackoffMs = 10 * 60_000

/** Twice as long after every attempt, give or take a quarter, so that many connectors do not come back at once. */
function backoffMs(attempt: number): DelayMs {
  const exact = Math.min(firstBackoffMs * 2 ** (attempt - 1), longestBackoffMs)
  return delayMs(exact * (0.75 + Math.random() / 2))
}

/** Never 0, which Temporal takes for "do not try again". */
function nextRetryDelay(retry: Exclude<Retry, 'never'>): DelayMs {
  return retry === 'backoff' ? backoffMs(Context.current().info.attempt) : retry.afterMs
}

/**
 * How our errors look to Temporal. The type is the error's code, which is what the UI shows and workflows switch on; a wait
 * that the API named is kept from the first attempt on. This is the only place that makes such a failure.
 */
function toFailure(error: unknown): Error {
  if (error instanceof TemporalFailure) return error
  // The cause stays out of the history: it may hold what a vendor sent.
  if (!(error instanceof ConnectorError)) {
    return ApplicationFailure.create({ ...nameAndMessage(error), nextRetryDelay: nextRetryDelay('backoff') })
  }
  const { code, message, retry } = error
  const failure = ApplicationFailure.create({
    type: code,
    message,
    ...(retry === 'never' ? { nonRetryable: true } : { nextRetryDelay: nextRetryDelay(retry) }),
  })
  // It would lead here, and repeat the message in the UI.
  failure.stack = ''
  return failure
}

/** A defect of ours, or a full disk under the ledger: retried too, but ever more slowly, since each try may cost calls. */
function nameAndMessage(error: unknown): { type: string; message: string } {
  return error instanceof Error
    ? { type: error.name, message: error.message }
    : { type: 'Error', message: String(error) }
}

/** Puts every activity's errors into that form. */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input)
    } catch (error) {
      throw toFailure(error)
    }
  },
}
