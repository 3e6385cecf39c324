import type { Transaction } from 'kysely'
import { ConnectorError } from '../../model/connector-error.ts'
import { minuteMs } from '../../model/durations.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

export interface ErasurePlace {
  connector: string
  destination: string
}

/**
 * A write that a worker had sent before the erasure may arrive after it, even if the worker is dead. So a destination erases a code twice:
 * the second time when no such write can still be under way.
 */
const againAfterMs = 15 * minuteMs
const retryAfterMs = 5 * minuteMs

/** Returns the codes that a destination has to erase now. */
export async function readDueErasures(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  nowMs: number,
): Promise<string[]> {
  const rows = await ledger
    .selectFrom('erasures')
    .select('qr_code_id')
    .where((eb) => eb.and({ connector, destination }))
    .where('due_at_ms', '<=', nowMs)
    .orderBy('qr_code_id')
    .execute()
  return rows.map((row) => row.qr_code_id)
}

/** Notes that a destination has erased codes. The first time, it is to do so again later; then nothing is left to do. */
export async function noteErased(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  qrCodeIds: readonly string[],
  nowMs: number,
): Promise<void> {
  const ids = qrCodeIds.map(storedId)
  await ledger.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('erasures')
      .where((eb) => eb.and({ connector, destination }))
      .where('qr_code_id', 'in', ids)
      .where('erased_at_ms', '<=', nowMs - againAfterMs)
      .execute()
    await transaction
      .updateTable('erasures')
      .set((eb) => ({
        problem: null,
        erased_at_ms: eb.fn.coalesce('erased_at_ms', eb.val(nowMs)),
        due_at_ms: eb(eb.fn.coalesce('erased_at_ms', eb.val(nowMs)), '+', againAfterMs),
      }))
      .where((eb) => eb.and({ connector, destination }))
      .where('qr_code_id', 'in', ids)
      .execute()
  })
}

/**
 * Erases codes in a destination, and notes the outcome. If it fails, the next deliveries try again.
 *
 * @returns why the codes were not erased; null if they were
 */
export async function eraseThere(
  ledger: Ledger,
  place: ErasurePlace,
  { erasure, qrCodeIds, now }: ErasureAtWork,
): Promise<string | null> {
  try {
    await erasure.eraseCodes(qrCodeIds)
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    const problem = `${error.code}: ${error.message}`
    await noteNotErased(ledger, place, qrCodeIds, problem, now())
    return problem
  }
  await noteErased(ledger, place, qrCodeIds, now())
  return null
}

/** A destination's own: it fails like `write`. */
interface ErasureThere {
  eraseCodes(qrCodeIds: readonly string[]): Promise<void>
}

interface ErasureAtWork {
  erasure: ErasureThere
  qrCodeIds: readonly string[]
  now: () => number
}

/**
 * Erases the codes that a destination still has to erase. A delivery does so before it writes any row; if it fails,
 * rows are delivered all the same, and a later delivery tries again.
 *
 * @param erasure undefined for a type of destination that cannot erase
 */
export async function eraseDue(
  ledger: Ledger,
  place: ErasurePlace,
  { erasure, now }: { erasure: ErasureThere | undefined; now: () => number },
): Promise<void> {
  const qrCodeIds = await readDueErasures(ledger, place, now())
  if (qrCodeIds.length === 0) return
  if (erasure === undefined) await dropErasures(ledger, place, qrCodeIds)
  else await eraseThere(ledger, place, { erasure, qrCodeIds, now })
}

/** Forgets erasures of a destination of a type that cannot erase: people have to delete its rows. */
export async function dropErasures(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  qrCodeIds: readonly string[],
): Promise<void> {
  await ledger
    .deleteFrom('erasures')
    .where((eb) => eb.and({ connector, destination }))
    .where('qr_code_id', 'in', qrCodeIds.map(storedId))
    .execute()
}

/** Notes why a destination could not erase codes; its next deliveries try again. */
export async function noteNotErased(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  qrCodeIds: readonly string[],
  problem: string,
  nowMs: number,
): Promise<void> {
  await ledger
    .updateTable('erasures')
    .set({ problem: problem.replaceAll('\0', '\ufffd'), due_at_ms: nowMs + retryAfterMs })
    .where((eb) => eb.and({ connector, destination }))
    .where('qr_code_id', 'in', qrCodeIds.map(storedId))
    .execute()
}

/** An erasure that a destination has not done yet; names as in JSON. */
export interface OpenErasure {
  destination: string
  qr_code_id: string
  /** Why not; null if nothing has failed. */
  problem: string | null
}

/** @param destinations those of the config file: any other erases once the file has it again */
export async function readOpenErasures(
  ledger: Ledger,
  connector: string,
  destinations: ReadonlySet<string>,
): Promise<OpenErasure[]> {
  const rows = await ledger
    .selectFrom('erasures')
    .select(['destination', 'qr_code_id', 'problem'])
    .where('connector', '=', connector)
    // The second erasure, of writes that came late, is open only if it has failed.
    .where((eb) => eb.or([eb('erased_at_ms', 'is', null), eb('problem', 'is not', null)]))
    .orderBy('destination')
    .orderBy('qr_code_id')
    .execute()
  return rows.filter(({ destination }) => destinations.has(destination))
}

/** Returns those of these codes that were erased. */
export async function readErased(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await ledger
    .selectFrom('erased_codes')
    .select('qr_code_id')
    .where('connector', '=', connector)
    .where('qr_code_id', 'in', ids.map(storedId))
    .execute()
  const erased = new Set(rows.map((row) => row.qr_code_id))
  return new Set(ids.filter((id) => erased.has(storedId(id))))
}

/** Counts the codes of a connector that were erased. */
export async function countErased(ledger: Ledger, connector: string): Promise<number> {
  const { codes } = await ledger
    .selectFrom('erased_codes')
    .select((eb) => eb.fn.countAll<number>().as('codes'))
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow()
  return codes
}

/** When a code was erased (epoch ms); null if it was not. */
export async function readErasedAtMs(
  ledger: Ledger,
  { connector, qrCodeId }: { connector: string; qrCodeId: string },
): Promise<number | null> {
  const row = await ledger
    .selectFrom('erased_codes')
    .select('erased_at_ms')
    .where((eb) => eb.and({ connector, qr_code_id: storedId(qrCodeId) }))
    .executeTakeFirst()
  return row?.erased_at_ms ?? null
}
