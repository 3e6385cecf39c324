import { ScheduleNotFoundError, WorkflowNotFoundError } from '@temporalio/client'
import { NamespaceNotFoundError } from '@temporalio/common'
import { ConnectorError } from '../model/connector-error.ts'
import { grpcErrorOf, isAway } from './is-away.ts'

/** Codes of gRPC. */
const notFound = 5
const permissionDenied = 7
const resourceExhausted = 8
const unauthenticated = 16

/**
 * Converts an error of Temporal's client to our words: what the server lacks, and which command creates it.
 * Returns any other error unchanged.
 */
export function nameTemporalError(error: unknown, server: { address: string; namespace: string }): unknown {
  const { address, namespace } = server
  if (error instanceof NamespaceNotFoundError) return unusable(noNamespace(address, error.namespace), error)
  if (error instanceof ScheduleNotFoundError) {
    return unusable(
      `The Temporal server at ${address} (namespace ${namespace}) has no Schedule ${error.scheduleId}: the connector was never ` +
        'set up there, or the server has lost its data. Run "qrsync up", or "qrsync apply" and then "qrsync worker".',
      error,
    )
  }
  if (error instanceof WorkflowNotFoundError) {
    return unusable(
      `The Temporal server at ${address} (namespace ${namespace}) no longer knows the workflow ${error.workflowId}: it ` +
        'ended long ago, or the server has lost its data. Run the command again.',
      error,
    )
  }
  if (isAway(error)) {
    return unusable(
      `The Temporal server at ${address} no longer answers. Start it again: running workflows then continue. ` +
        '"qrsync status" shows their state.',
      error,
    )
  }
  const grpc = grpcErrorOf(error)
  if (grpc === null) return error
  const { code, details } = grpc
  if (code === notFound && /namespace/i.test(details)) return unusable(noNamespace(address, namespace), error)
  if (code === permissionDenied || code === unauthenticated) {
    return unusable(
      `The Temporal server at ${address} denies this request in the namespace ${namespace} (${details}). ` +
        'Correct temporal.api_key in the config file, or TEMPORAL_API_KEY, or the permissions of the key.',
      error,
    )
  }
  if (code === resourceExhausted) {
    return unusable(
      `The Temporal server at ${address} is too busy (${details}). Run the command again in a minute.`,
      error,
    )
  }
  return unusable(
    `The Temporal server at ${address} (namespace ${namespace}) refused the request: ${details}. Check its log.`,
    error,
  )
}

function noNamespace(address: string, namespace: string): string {
  return (
    `The Temporal server at ${address} has no namespace ${namespace}. Create it there ` +
    `("temporal operator namespace create ${namespace}"), or correct temporal.namespace in the config file, or TEMPORAL_NAMESPACE.`
  )
}

function unusable(message: string, cause: unknown): ConnectorError {
  return new ConnectorError('TEMPORAL_UNREACHABLE', message, { retry: 'never', cause })
}
