import type { Transaction } from 'kysely'
import { minuteWindowMs } from '../../budget/windows.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** A limit of `calls` calls in any `windowMs`. */
interface Window {
  name: string
  windowMs: number
  calls: number
  /** If set, the window is fixed and begins at this time (epoch ms). */
  fromMs?: number
}

/** A window is counted in this many parts. The calls of a part count until the whole part has left the window. */
const partsOfWindow = 20

/**
 * Takes a place for one call to a vendor in every window, or in none. Workers that share the ledger share the windows.
 *
 * @returns 0 if the place is taken, else the time to wait before the next try (ms)
 */
export async function takeVendorCall(
  ledger: Ledger,
  account: string,
  windows: readonly Window[],
  nowMs: number,
): Promise<number> {
  return ledger.transaction().execute(async (transaction) => {
    // Adds nothing, but locks the account until the transaction ends, so that the next caller sees what is counted here.
    await add(transaction, account, { name: '', partMs: 0, calls: 0 })
    const waits: number[] = []
    for (const window of windows) waits.push(await waitFor(transaction, account, window, nowMs))
    const waitMs = Math.max(0, ...waits)
    if (waitMs > 0) return waitMs
    for (const window of windows) {
      await add(transaction, account, { name: window.name, partMs: partAt(nowMs, window), calls: 1 })
    }
    return 0
  })
}

async function waitFor(
  transaction: Transaction<LedgerSchema>,
  account: string,
  window: Window,
  nowMs: number,
): Promise<number> {
  const { name, windowMs, calls, fromMs } = window
  const keptMs = fromMs === undefined ? windowMs + windowMs / partsOfWindow : windowMs
  const keptFromMs = fromMs === undefined ? nowMs - keptMs : fromMs - 1
  const ofWindow = transaction
    .deleteFrom('vendor_calls')
    .where('account', '=', account)
    .where('window', '=', name)
  await ofWindow.where('bucket_ms', '<=', keptFromMs).execute()
  await countAsMadeNow(transaction, account, window, nowMs)
  const { taken, oldest } = await transaction
    .selectFrom('vendor_calls')
    .select((eb) => [eb.fn.sum<number | null>('calls').as('taken'), eb.fn.min('bucket_ms').as('oldest')])
    .where('account', '=', account)
    .where('window', '=', name)
    .executeTakeFirstOrThrow()
  return (taken ?? 0) < calls ? 0 : Math.max(oldest + keptMs - nowMs, 1)
}

/** Counts calls as made now if they are further ahead than another worker's clock may be: that clock has been set back since. */
async function countAsMadeNow(
  transaction: Transaction<LedgerSchema>,
  account: string,
  window: Window,
  nowMs: number,
): Promise<void> {
  const ahead = await transaction
    .deleteFrom('vendor_calls')
    .where('account', '=', account)
    .where('window', '=', window.name)
    .where('bucket_ms', '>', nowMs + Math.max(minuteWindowMs, window.windowMs / partsOfWindow))
    .returning('calls')
    .execute()
  const calls = ahead.reduce((sum, part) => sum + part.calls, 0)
  if (calls > 0) await add(transaction, account, { name: window.name, partMs: partAt(nowMs, window), calls })
}

function partAt(nowMs: number, { windowMs, fromMs }: Window): number {
  if (fromMs !== undefined) return fromMs
  const partMs = windowMs / partsOfWindow
  return Math.floor(nowMs / partMs) * partMs
}

async function add(
  transaction: Transaction<LedgerSchema>,
  account: string,
  { name, partMs, calls }: { name: string; partMs: number; calls: number },
): Promise<void> {
  await transaction
    .insertInto('vendor_calls')
    .values({ account, window: name, bucket_ms: partMs, calls })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'window', 'bucket_ms'])
        .doUpdateSet((eb) => ({ calls: eb('vendor_calls.calls', '+', calls) })),
    )
    .execute()
}
