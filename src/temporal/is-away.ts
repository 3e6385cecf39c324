import { isGrpcServiceError, ServiceError } from '@temporalio/client'

/** UNAVAILABLE and DEADLINE_EXCEEDED */
const away: readonly number[] = [14, 4]

/** Whether a call of Temporal's client has failed because no server answers: what runs there goes on once one does. */
export function isAway(error: unknown): boolean {
  const grpc = grpcErrorOf(error)
  return grpc !== null && away.includes(grpc.code)
}

/**
 * What gRPC has said, of an error of Temporal's client; null where it said nothing. The client wraps it, the worker's native
 * connection throws it as it is, in a class that passes for the client's wrapper.
 */
export function grpcErrorOf(error: unknown): { code: number; details: string } | null {
  const cause = isGrpcServiceError(error) || !(error instanceof ServiceError) ? error : error.cause
  if (!isGrpcServiceError(cause)) return null
  // Of the native connection the text stands in the message alone.
  return { code: cause.code, details: cause.details || cause.message }
}

/** For a command that looks again: the server is waited for. Undefined is not known. */
export function ignoreAway(error: unknown): undefined {
  if (!isAway(error)) throw error
}
