import { ApplicationFailure } from '@temporalio/common'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { ConnectorError } from '../src/model/connector-error.ts'

/**
 * How our errors look to Temporal. The type is the error's code, which is what the UI shows and workflows switch on; a wait
 * that the API named is kept from the first attempt on. This is the only place that makes such a failure.
 */
function toFailure(error: unknown): Error {
  if (!(error instanceof ConnectorError)) return error as Error
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: error.retry === 'never',
    ...(typeof error.retry === 'object' && { nextRetryDelay: error.retry.afterMs }),
    cause: error,
  })
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
