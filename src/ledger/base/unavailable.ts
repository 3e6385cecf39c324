import { ConnectorError } from '../../model/connector-error.ts'

/**
 * The ledger is unavailable, for a reason outside qrsync. Attempts are repeated until an operator has fixed it.
 *
 * @param place its file or server, without user and password
 */
export function unavailable(place: string, reason: string, advice: string, cause?: unknown): ConnectorError {
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${place}: ${reason}.\n${advice} qrsync continues automatically, and no row is lost.`,
    { retry: 'backoff', ...(cause !== undefined && { cause }) },
  )
}
