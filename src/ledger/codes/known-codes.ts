import type { Selectable, Transaction } from 'kysely'
import type { ConnectorState } from '../connector/connector-state.ts'
import { profileOf } from '../connector/profile.ts'
import { prepared } from '../base/prepared.ts'
import type { CodeHistoryTable, Ledger, LedgerSchema, QrCodeTable } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>

/** A code in the ledger, with its history if that has its own cursor. */
export type KnownCode = Selectable<QrCodeTable> & { history: Selectable<CodeHistoryTable> | null }

/** Returns codes by id; leaves out those that the ledger does not know. */
export async function readKnownCodes(
  ledger: Ledger | Tx,
  connector: string,
  ids: readonly string[],
): Promise<Map<string, KnownCode>> {
  const codes = await selectCodes(ledger, connector).where('qr_codes.id', 'in', ids).execute()
  return new Map(codes.map((code) => [code.id, toKnownCode(code)]))
}

/** Returns a code, or null if it was erased while a call for it was in flight: a listing comes before any such call. */
export async function readKnownCode(
  transaction: Tx,
  { connector, id }: { connector: string; id: string },
): Promise<KnownCode | null> {
  const [code] = await selectCode(transaction, { connector, id })
  return code === undefined ? null : toKnownCode(code)
}

/** Selects histories of deleted codes too: a restored code continues where it was. One statement, because every landed page needs it. */
const selectCodes = (ledger: Ledger | Tx, connector: string) =>
  ledger
    .selectFrom('qr_codes')
    .leftJoin('code_histories', (join) =>
      join
        .onRef('code_histories.connector', '=', 'qr_codes.connector')
        .onRef('code_histories.qr_code_id', '=', 'qr_codes.id'),
    )
    .selectAll('qr_codes')
    .select([
      'code_histories.page as history_page',
      'code_histories.until_ms as history_until_ms',
      'code_histories.pending as history_pending',
      'code_histories.opened_at_ms as history_opened_at_ms',
    ])
    .where('qr_codes.connector', '=', connector)

const selectCode = prepared<{ connector: string; id: string }, SelectedCode>((ledger, place) =>
  selectCodes(ledger, place('connector')).where('qr_codes.id', '=', place('id')).compile(),
)

type SelectedCode = Awaited<ReturnType<ReturnType<typeof selectCodes>['execute']>>[number]

function toKnownCode({
  history_page: page,
  history_until_ms: untilMs,
  history_pending: pending,
  history_opened_at_ms: openedAtMs,
  ...code
}: SelectedCode): KnownCode {
  if (page === null || untilMs === null || pending === null || openedAtMs === null) {
    return { ...code, history: null }
  }
  const { connector, id } = code
  const history = { connector, qr_code_id: id, page, until_ms: untilMs, pending, opened_at_ms: openedAtMs }
  return { ...code, history }
}

/** Returns histories with their own cursor, by code. Leaves out deleted codes. */
export async function readHistories(
  ledger: Ledger | Tx,
  connector: string,
): Promise<Map<string, Selectable<CodeHistoryTable>>> {
  const histories = await selectHistories(ledger, { connector })
  return new Map(histories.map((history) => [history.qr_code_id, history]))
}

const selectHistories = prepared<{ connector: string }, Selectable<CodeHistoryTable>>((ledger, place) =>
  ledger
    .selectFrom('code_histories')
    .innerJoin('qr_codes', (join) =>
      join
        .onRef('qr_codes.connector', '=', 'code_histories.connector')
        .onRef('qr_codes.id', '=', 'code_histories.qr_code_id'),
    )
    .selectAll('code_histories')
    .where('code_histories.connector', '=', place('connector'))
    .where('qr_codes.deleted', '=', 0)
    .compile(),
)

/**
 * Whether one cursor reads the code from its first scan on, and all that waits is from before the connector was
 * set up, or cannot be told from it.
 */
export function isHistory(
  code: Pick<KnownCode, 'collected_at_ms' | 'cursor_from' | 'first_listed_at_ms' | 'empty_at_ms'>,
  state: ConnectorState,
): boolean {
  const { scanCount, lastScannedAt } = profileOf(state)
  const isTold = scanCount === true || lastScannedAt === true
  return (
    code.collected_at_ms === null &&
    code.cursor_from === null &&
    code.first_listed_at_ms === state.connected_at_ms &&
    // Scans of a code that was empty then are new.
    (code.empty_at_ms === null || !isTold)
  )
}
