import type { Selectable, Transaction } from 'kysely'
import type { Scan } from '../../streams/scans.ts'
import type { SetAsideRow } from '../../model/set-aside-row.ts'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'
import { keepSetAside, removeSetAside } from './set-aside.ts'

export interface PageOfCode {
  connector: string
  code: Pick<Selectable<QrCodeTable>, 'id' | 'set_aside_scans'>
  page: { rows: readonly Scan[]; setAside?: readonly SetAsideRow[] }
}

/**
 * Stores the malformed scans of a page, and removes those that have arrived correctly. @returns how many are
 * stored
 */
export async function settleSetAside(
  transaction: Transaction<LedgerSchema>,
  { connector, code, page: { rows, setAside = [] } }: PageOfCode,
  nowMs: number,
): Promise<number> {
  const key = { connector, stream: 'scans', qrCodeId: code.id } as const
  const kept = code.set_aside_scans + (await keepSetAside(transaction, key, setAside, nowMs))
  if (kept === 0 || rows.length === 0) return kept
  const ids = rows.map(({ id }) => id)
  return kept - (await removeSetAside(transaction, key, ids))
}
