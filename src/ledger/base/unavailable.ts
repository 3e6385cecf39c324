import { ConnectorError } from '../../model/connector-error.ts'

/**
 * The ledger cannot be used at present, and no defect of ours is the reason: tried again until somebody has mended it.
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
