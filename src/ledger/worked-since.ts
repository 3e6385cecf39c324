import { sql, type Transaction } from 'kysely'
import { lateScansEndpoint, type FailureTarget } from './failures.ts'
import type { Ledger, LedgerSchema } from './schema.ts'

/** Whether a call of a target has succeeded since a time: of what failed before it, nothing is left. */
export async function hasWorkedSince(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { endpoint, qrCodeId }: FailureTarget,
  sinceMs: number,
): Promise<boolean> {
  const isLate = endpoint === lateScansEndpoint
  const worked = await transaction
    .selectFrom('calls')
    .select('id')
    .where('connector', '=', connector)
    .where('sent_at_ms', '>=', sinceMs - longestCallMs)
    .where('settled_at_ms', '>=', sinceMs)
    .where('outcome', '=', 'ok')
    .where('endpoint', '=', isLate ? scansEndpoint : endpoint)
    .where(sql`coalesce(qr_code_id, '')`, '=', qrCodeId)
    .where('purpose', isLate ? '=' : '!=', 'late scans')
    .limit(1)
    .executeTakeFirst()
  return worked !== undefined
}

/**
 * Forgets failures that are over without a call that would show it: another attempt has brought what was to be fetched (and its process
 * has ended before it could say so), or the code has no scans to fetch any more.
 *
 * @returns whether there were any
 */
export async function forgetFailuresOfNothing(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): Promise<boolean> {
  const { numDeletedRows } = await ledger
    .deleteFrom('failures')
    .where('connector', '=', connector)
    .where('retry_at_ms', '<=', nowMs)
    .where((eb) =>
      eb.or([
        eb.and([
          eb('endpoint', 'in', [scansEndpoint, lateScansEndpoint]),
          eb('qr_code_id', 'in', codesWithoutScansToFetch(ledger, connector)),
        ]),
        eb.and([
          eb('endpoint', '=', analyticsEndpoint),
          eb.exists(
            eb
              .selectFrom('qr_codes')
              .select('id')
              .where('qr_codes.connector', '=', connector)
              .whereRef('qr_codes.id', '=', 'failures.qr_code_id')
              .whereRef('analytics_at_ms', '>=', 'failures.failed_at_ms'),
          ),
        ]),
      ]),
    )
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

function codesWithoutScansToFetch(ledger: Ledger, connector: string) {
  return ledger
    .selectFrom('qr_codes')
    .select('id')
    .where('connector', '=', connector)
    .where('due_since_ms', 'is', null)
    .where('pending', '=', 0)
    .where('gap', '=', 0)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('gap_days')
            .select('day')
            .where('gap_days.connector', '=', connector)
            .whereRef('gap_days.qr_code_id', '=', 'qr_codes.id'),
        ),
      ),
    )
}

const analyticsEndpoint = 'GET /qr-codes/{id}/analytics'
const scansEndpoint = 'GET /qr-codes/{id}/scans'
/** A call is given up long before. */
const longestCallMs = 120_000
