import type { ActivityDeps } from '../../activities/deps.ts'
import { readFailures } from '../ledger/failures/failures.ts'
import { ConnectorError, type ErrorCode } from '../model/connector-error.ts'

/**
 * For somebody who waits for the API's first answers: what fails is named now, and not tried again later as a sync would.
 *
 * @throws ConnectorError of the call that fails
 */
export async function failAsTheApi({ ledger, connector, clock }: ActivityDeps): Promise<void> {
  const [failure] = await readFailures(ledger, connector, clock.now())
  if (failure === undefined) return
  throw new ConnectorError(failure.code as ErrorCode, failure.message, { retry: 'backoff' })
}
