import { Context } from '@temporalio/activity'
import { ApplicationFailure, TemporalFailure } from '@temporalio/common'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { delayMs, type DelayMs } from '../src/model/delay.ts'
import { ConnectorError, type Retry } from '../src/model/connector-error.ts'

const firstBackoffMs = 2_000
const longestBackoffMs = 10 * 60_000

/** Doubles with each attempt, give or take a quarter, so that many connectors do not retry at the same moment. */
function backoffMs(attempt: number): DelayMs {
  const exact = Math.min(firstBackoffMs * 2 ** (attempt - 1), longestBackoffMs)
  return delayMs(exact * (0.75 + Math.random() / 2))
}

/** Never 0, because Temporal reads 0 as "do not retry". */
function nextRetryDelay(retry: Exclude<Retry, 'never'>): DelayMs {
  return retry === 'backoff' ? backoffMs(Context.current().info.attempt) : retry.afterMs
}

/**
 * Converts an error to the failure that Temporal stores. Its type is the error's code: the UI shows it, and
 * workflows switch on it. A wait that the API named applies from the first attempt. No other code creates such
 * a failure.
 */
function toFailure(error: unknown): Error {
  if (error instanceof TemporalFailure) return error
  // Leave the cause out of the history: it may contain what a vendor sent.
  if (!(error instanceof ConnectorError)) {
    return ApplicationFailure.create({ ...nameAndMessage(error), nextRetryDelay: nextRetryDelay('backoff') })
  }
  const { code, message, retry } = error
  const failure = ApplicationFailure.create(
    retry === 'never'
      ? { type: code, message, nonRetryable: true }
      : { type: code, message, nextRetryDelay: nextRetryDelay(retry) },
  )
  // A stack would only point to this function, and repeat the message in the UI.
  failure.stack = ''
  return failure
}

/**
 * A bug, or a full disk under the ledger: retried too, but ever more slowly, because each attempt may cost
 * calls.
 */
function nameAndMessage(error: unknown): { type: string; message: string } {
  return error instanceof Error
    ? { type: error.name, message: error.message }
    : { type: 'Error', message: String(error) }
}

/** Converts the errors of all activities. */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input)
    } catch (error) {
      throw toFailure(error)
    }
  },
}
