import { replaySetAside, type ReplayOf } from '../../activities/sync/replay-set-aside.ts'
import { openLedgerClock } from '../ledger/base/ledger-clock.ts'
import { createMask } from '../config/create-mask.ts'
import type { Config } from '../config/schema.ts'
import { recordAction } from '../ledger/connector/audit-trail.ts'
import type { Actor } from '../ledger/connector/audit-tables.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/**
 * Lands the rows that were set aside and that this version can read. Makes no call.
 *
 * @param actor for the audit trail; null if a worker does it, at its start
 * @returns rows landed
 */
export async function replayKeptRows(
  { connector, privacy }: Config,
  ledger: Ledger,
  of: Omit<ReplayOf, 'connector'> = {},
  actor: Actor | null = null,
): Promise<number> {
  const mask = privacy && createMask(privacy)
  const now = await openLedgerClock(ledger)
  const landed = await replaySetAside({ ledger, mask, nowMs: now() }, { connector, ...of })
  if (landed > 0 && actor !== null) {
    const details = landed === 1 ? '1 row that was set aside' : `${landed} rows that were set aside`
    await recordAction(ledger, connector, 'replay', actor, { details })
  }
  return landed
}
