import { isGrpcServiceError, ServiceError } from '@temporalio/client'

/** UNAVAILABLE and DEADLINE_EXCEEDED */
const away: readonly number[] = [14, 4]

/** Whether a call of Temporal's client failed because no server answers. Workflows continue once it answers again. */
export function isAway(error: unknown): boolean {
  const grpc = grpcErrorOf(error)
  return grpc !== null && away.includes(grpc.code)
}

/**
 * Returns the gRPC error in an error of Temporal's client, or null if there is none. The client wraps it. The worker's native
 * connection throws it unwrapped, in a class that looks like the client's wrapper.
 */
export function grpcErrorOf(error: unknown): { code: number; details: string } | null {
  const cause = isGrpcServiceError(error) || !(error instanceof ServiceError) ? error : error.cause
  if (!isGrpcServiceError(cause)) return null
  // For the native connection, the text is only in the message.
  return { code: cause.code, details: cause.details || cause.message }
}

/** For a command that checks again later: the error is ignored. Undefined means unknown. */
export function ignoreAway(error: unknown): undefined {
  if (!isAway(error)) throw error
}
