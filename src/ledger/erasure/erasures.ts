import type { Transaction } from 'kysely'
import { minuteMs } from '../../model/durations.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { partsOf } from '../base/parts-of.ts'
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
export const retryAfterMs = 5 * minuteMs
const rowsPerStatement = 1_000

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
 * Gives a destination the erasures of its place that another name has: the config file calls the same place by another name by now, and
 * no delivery has the old one.
 *
 * @param target what it writes to
 */
export async function takeOverErasures(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: ErasurePlace,
  target: string,
  nowMs: number,
): Promise<void> {
  const others = await transaction
    .selectFrom('erasures')
    .select('qr_code_id')
    .distinct()
    .where((eb) => eb.and({ connector, target }))
    .where('destination', '!=', destination)
    .execute()
  await addErasures(transaction, { connector, destination }, others, { due_at_ms: nowMs, target })
}

/**
 * Lets a destination that writes to another place now erase every erased code there: it may have written to that place before they were
 * erased. It does so a little later, because the tables of a new place do not exist yet.
 *
 * @param target what it writes to now
 */
export async function eraseInNextPlace(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: ErasurePlace,
  target: string,
  nowMs: number,
): Promise<void> {
  const erased = await transaction
    .selectFrom('erased_codes')
    .select('qr_code_id')
    .where('connector', '=', connector)
    .execute()
  const due = { due_at_ms: nowMs + retryAfterMs, target }
  await addErasures(transaction, { connector, destination }, erased, due)
}

/** Those that are open already stay as they are. */
async function addErasures(
  transaction: Transaction<LedgerSchema>,
  { connector, destination }: ErasurePlace,
  codes: readonly { qr_code_id: string }[],
  due: { due_at_ms: number; target: string },
): Promise<void> {
  for (const part of partsOf(codes, rowsPerStatement)) {
    await transaction
      .insertInto('erasures')
      .values(
        part.map(({ qr_code_id }) => ({
          connector,
          destination,
          qr_code_id,
          erased_at_ms: null,
          problem: null,
          ...due,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** Forgets erasures of a destination to which nothing was written, or of a type that cannot erase: people have to delete its rows. */
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

/** Notes why a destination could not erase codes; its deliveries after `dueAtMs` try again. */
export async function noteNotErased(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  qrCodeIds: readonly string[],
  { problem, dueAtMs }: { problem: string; dueAtMs: number },
): Promise<void> {
  await ledger
    .updateTable('erasures')
    .set({ problem: problem.replaceAll('\0', '\ufffd'), due_at_ms: dueAtMs })
    .where((eb) => eb.and({ connector, destination }))
    .where('qr_code_id', 'in', qrCodeIds.map(storedId))
    .execute()
}

/**
 * Returns what a destination wrote to when codes were erased in the ledger, by code. Codes without a known place, and those that it has
 * erased once, are missing.
 */
export async function readErasureTargets(
  ledger: Ledger,
  { connector, destination }: ErasurePlace,
  qrCodeIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await ledger
    .selectFrom('erasures')
    .select(['qr_code_id', 'target'])
    .where((eb) => eb.and({ connector, destination }))
    .where('erased_at_ms', 'is', null)
    .where('qr_code_id', 'in', qrCodeIds.map(storedId))
    .execute()
  const targets = new Map(rows.map((row) => [row.qr_code_id, row.target]))
  return new Map(
    qrCodeIds.flatMap((id) => {
      const target = targets.get(storedId(id)) ?? null
      return target === null ? [] : [[id, target]]
    }),
  )
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
