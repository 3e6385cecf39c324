import { ApiError } from '../../src/source/api-error.ts'
import { clearCode } from '../../src/ledger/failures/failures.ts'
import { markDeleted } from '../../src/ledger/codes/due-codes.ts'
import { noteAlive } from '../../src/ledger/failures/outages.ts'
import type { ActivityDeps } from '../deps.ts'
import type { Slice } from './slice.ts'

/**
 * Processes a code that may have been deleted since it was listed. If the API itself says so, the code is
 * marked as deleted. A 404 of a proxy does not count.
 */
export async function untilDeleted(
  { ledger, connector, clock }: ActivityDeps,
  slice: Slice,
  qrCodeId: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ApiError && error.apiCode === 'NOT_FOUND')) throw error
    slice.countCalls(1)
    await markDeleted(ledger, connector, qrCodeId)
    await clearCode(ledger, connector, qrCodeId)
    await noteAlive(ledger, connector, { endpoint: error.endpoint, qrCodeId }, clock.now())
  }
}
