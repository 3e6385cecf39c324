import { isGrpcServiceError, ServiceError } from '@temporalio/client'

/** UNAVAILABLE and DEADLINE_EXCEEDED */
const away: readonly number[] = [14, 4]

/** Whether a call of Temporal's client has failed because no server answers: what runs there goes on once one does. */
export function isAway(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) && away.includes(cause.code)
}
