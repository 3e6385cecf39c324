import type { ConnectionLike } from '@temporalio/client'
import { grpcErrorOf } from '../is-away.ts'

const answerWithinMs = 5_000

/**
 * PERMISSION_DENIED and UNIMPLEMENTED: a key that may not read this may still be able to do everything that we
 * need.
 */
const notTold: readonly number[] = [7, 12]

/**
 * Identifies the server that answers, and its data: the id of the namespace is created with the namespace, so a
 * server that was wiped, or another one at the same address, has another id. Null if the server does not return
 * it.
 *
 * @throws the error of the server or of the connection: NOT_FOUND if the namespace does not exist
 */
export async function identify(connection: ConnectionLike, namespace: string): Promise<string | null> {
  try {
    const { namespaceInfo } = await connection.withDeadline(Date.now() + answerWithinMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    )
    return namespaceInfo?.id ?? null
  } catch (error) {
    const grpc = grpcErrorOf(error)
    if (grpc !== null && notTold.includes(grpc.code)) return null
    throw error
  }
}
