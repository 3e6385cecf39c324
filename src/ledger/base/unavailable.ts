import { ConnectorError } from '../../model/connector-error.ts'

/**
 * The ledger cannot be used at present, for a reason outside qrsync: retried until an operator has fixed it.
 *
 * @param place where it is, without user and password
 */
export function unavailable(place: string, reason: string, advice: string, cause?: unknown): ConnectorError {
  return new ConnectorError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${place}: ${reason}.\n${advice} qrsync continues automatically, and no row is lost.`,
    { retry: 'backoff', ...(cause !== undefined && { cause }) },
  )
}
