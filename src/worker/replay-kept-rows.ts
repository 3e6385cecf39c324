import { replaySetAside, type ReplayOf } from '../../activities/sync/replay-set-aside.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import { createMask } from '../config/create-mask.ts'
import type { Config } from '../config/schema.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** Lands the rows that were set aside and that this version can read. Makes no call. @returns rows landed */
export async function replayKeptRows(
  { connector, privacy }: Config,
  ledger: Ledger,
  of: Omit<ReplayOf, 'connector'> = {},
): Promise<number> {
  const mask = privacy && createMask(privacy)
  const now = await openLedgerClock(ledger)
  return replaySetAside({ ledger, mask, nowMs: now() }, { connector, ...of })
}
