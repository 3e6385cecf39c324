import type { ActivityDeps } from '../../activities/deps.ts'
import { readFailures } from '../ledger/failures/failures.ts'
import { ConnectorError, type ErrorCode } from '../model/connector-error.ts'

/**
 * Throws the first failure of the API, for a command that waits for its first answers. A sync would retry later instead.
 *
 * @throws ConnectorError of the call that fails
 */
export async function failAsTheApi({ ledger, connector, clock }: ActivityDeps): Promise<void> {
  const [failure] = await readFailures(ledger, connector, clock.now())
  if (failure === undefined) return
  throw new ConnectorError(failure.code as ErrorCode, failure.message, { retry: 'backoff' })
}
