import type { ConnectionLike } from '@temporalio/client'
import { grpcErrorOf } from '../is-away.ts'

const answerWithinMs = 5_000

/** PERMISSION_DENIED and UNIMPLEMENTED: a key that may not ask this may still do all that we need. */
const notTold: readonly number[] = [7, 12]

/**
 * Which server answers, and with which data: the id of the namespace is made with the namespace, so that one that was wiped,
 * and another one at the same address, have another. Null where the server does not tell.
 *
 * @throws what the server, or the lack of one, answers: NOT_FOUND where it has no such namespace
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
