import { sql, type ExpressionBuilder, type Transaction } from 'kysely'
import { lockConnector } from '../connector/connector-state.ts'
import { historyEndpoint, lateScansEndpoint, type FailureTarget } from './failures.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>

/** Whether a call to a target has succeeded since another call to it was sent. The failure of that other call then shows nothing. */
export async function hasWorkedSince(
  transaction: Tx,
  connector: string,
  { endpoint, qrCodeId }: FailureTarget,
  { sentAtMs, nowMs }: { sentAtMs: number; nowMs: number },
): Promise<boolean> {
  const purpose = ownPurposes.get(endpoint)
  const worked = await transaction
    .selectFrom('calls')
    .select('id')
    .where('connector', '=', connector)
    .where('sent_at_ms', '>=', sentAtMs - longestCallMs)
    .where('settled_at_ms', '>', sentAtMs)
    // A time that was written by a clock that was ahead says nothing.
    .where('settled_at_ms', '<=', nowMs)
    .where('outcome', '=', 'ok')
    .where('endpoint', '=', purpose === undefined ? endpoint : scansEndpoint)
    .where(sql`coalesce(qr_code_id, '')`, '=', qrCodeId)
    .$if(endpoint === scansEndpoint, (query) => query.where('purpose', 'not in', [...ownPurposes.values()]))
    .$if(purpose !== undefined, (query) => query.where('purpose', '=', purpose ?? ''))
    .limit(1)
    .executeTakeFirst()
  return worked !== undefined
}

/**
 * Deletes failures whose target has worked since. This happens if another attempt fetched the data, but its process died before it
 * could clear the failure. With nothing left to fetch, no further call would clear it. It also deletes the failures of searches for
 * late scans that have ended.
 *
 * @returns whether it deleted any
 */
export async function forgetOldFailures(ledger: Ledger, connector: string, nowMs: number): Promise<boolean> {
  return ledger.transaction().execute(async (transaction) => {
    await lockConnector(transaction, connector)
    const { numDeletedRows } = await transaction
      .deleteFrom('failures')
      .where('connector', '=', connector)
      .where('stalls', '=', 0)
      .where('retry_at_ms', '<=', nowMs)
      .where((eb) =>
        eb.or([
          eb.and([eb('endpoint', '=', scansEndpoint), eb.exists(codeSince(eb, 'collected_at_ms'))]),
          eb.and([eb('endpoint', '=', analyticsEndpoint), eb.exists(codeSince(eb, 'analytics_at_ms'))]),
          eb.and([
            eb('endpoint', '=', lateScansEndpoint),
            eb('qr_code_id', 'not in', codesInSearch(transaction, connector)),
          ]),
          eb.and([
            eb('endpoint', '=', historyEndpoint),
            eb('qr_code_id', 'not in', codesWithHistory(transaction, connector)),
          ]),
        ]),
      )
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  })
}

/** The failing code, if it was read to its end after it failed. */
const codeSince = (
  eb: ExpressionBuilder<LedgerSchema, 'failures'>,
  column: 'collected_at_ms' | 'analytics_at_ms',
) =>
  eb
    .selectFrom('qr_codes')
    .select('id')
    .whereRef('qr_codes.connector', '=', 'failures.connector')
    .whereRef('qr_codes.id', '=', 'failures.qr_code_id')
    .whereRef(column, '>=', 'failures.failed_at_ms')

const codesInSearch = (transaction: Tx, connector: string) =>
  transaction
    .selectFrom('qr_codes')
    .select('id')
    .where('connector', '=', connector)
    .where((eb) =>
      eb.or([
        eb('gap', '>', 0),
        eb.exists(
          eb
            .selectFrom('gap_days')
            .select('day')
            .where('gap_days.connector', '=', connector)
            .whereRef('gap_days.qr_code_id', '=', 'qr_codes.id'),
        ),
      ]),
    )

/** Codes whose history has not landed, whether it has a cursor of its own or uses the code's. */
const codesWithHistory = (transaction: Tx, connector: string) =>
  transaction
    .selectFrom('qr_codes')
    .select('id')
    .where('connector', '=', connector)
    .where((eb) =>
      eb.or([
        eb.and([eb('collected_at_ms', 'is', null), eb('cursor_from', 'is', null)]),
        eb.exists(
          eb
            .selectFrom('code_histories')
            .select('page')
            .where('code_histories.connector', '=', connector)
            .whereRef('code_histories.qr_code_id', '=', 'qr_codes.id'),
        ),
      ]),
    )

const analyticsEndpoint = 'GET /qr-codes/{id}/analytics'
const scansEndpoint = 'GET /qr-codes/{id}/scans'
/** Targets that are an endpoint for one purpose only. */
const ownPurposes = new Map([
  [lateScansEndpoint, 'late scans'],
  [historyEndpoint, 'history'],
])
/** Longer than any call takes: the time limit ends it long before. */
const longestCallMs = 120_000
