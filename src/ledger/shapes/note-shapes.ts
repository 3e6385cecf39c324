import type { Transaction } from 'kysely'
import type { AnswerPart, AnswerShape, FieldType, ReadFields } from '../../model/answer-shape.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { compareShape, type ChangeKind, type KnownShape } from './compare-shape.ts'

/** A change of the fields in the API's responses. */
export interface SourceChange {
  connector: string
  part: AnswerPart
  field: string
  kind: ChangeKind
  /** For a new field its types so far; for a new type that type. */
  types: readonly FieldType[]
  noticedAtMs: number
  /** When a missing field was present again; null while it is missing. Null for other changes. */
  overAtMs: number | null
  /** Whether qrsync reads the field by its name. */
  isRead: boolean
  isRequired: boolean
}

/**
 * Compares the fields of responses with those of all earlier ones, and stores each change once. A slice of a
 * sync calls this while it holds the lease, so that no other one compares at the same time.
 *
 * @returns changes that were unknown before
 */
export async function noteShapes(
  ledger: Ledger,
  connector: string,
  shapes: readonly AnswerShape[],
  readFields: ReadFields,
  nowMs: number,
): Promise<SourceChange[]> {
  const [first] = shapes
  if (first === undefined) return []
  return ledger.transaction().execute(async (transaction) => {
    const stored = await transaction
      .selectFrom('source_shapes')
      .select(['part', 'shape'])
      .where('connector', '=', connector)
      .execute()
    const known = new Map(stored.map(({ part, shape }) => [part, JSON.parse(shape) as KnownShape]))
    const changes: SourceChange[] = []
    for (const shape of shapes) {
      const { part } = shape
      const read = readFields[part]
      const compared = compareShape(known.get(part) ?? null, shape, read)
      known.set(part, compared.known)
      for (const found of compared.changes) {
        const { isRequired = false } = read.get(found.field) ?? {}
        const isRead = read.has(found.field)
        const change: SourceChange = {
          connector,
          part,
          ...found,
          noticedAtMs: nowMs,
          overAtMs: null,
          isRead,
          isRequired,
        }
        if (await keep(transaction, change)) changes.push(change)
      }
      for (const field of compared.back) await end(transaction, { connector, part, field }, nowMs)
    }
    for (const part of new Set(shapes.map((shape) => shape.part))) {
      const shape = JSON.stringify(known.get(part))
      await transaction
        .insertInto('source_shapes')
        .values({ connector, part, shape })
        .onConflict((conflict) => conflict.columns(['connector', 'part']).doUpdateSet({ shape }))
        .execute()
    }
    return changes
  })
}

/** @returns whether it is new; a field that is missing again is a new change */
async function keep(transaction: Transaction<LedgerSchema>, change: SourceChange): Promise<boolean> {
  const { connector, part, field, kind, types, noticedAtMs, isRead, isRequired } = change
  const { numInsertedOrUpdatedRows: kept = 0n } = await transaction
    .insertInto('source_changes')
    .values({
      connector,
      part,
      field,
      kind,
      types: types.join(' '),
      noticed_at_ms: noticedAtMs,
      over_at_ms: null,
      is_read: Number(isRead),
      is_required: Number(isRequired),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['connector', 'part', 'field', 'kind', 'types'])
        .doUpdateSet({ noticed_at_ms: noticedAtMs, over_at_ms: null })
        .where('source_changes.over_at_ms', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  return kept > 0n
}

async function end(
  transaction: Transaction<LedgerSchema>,
  of: { connector: string; part: AnswerPart; field: string },
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('source_changes')
    .set({ over_at_ms: nowMs })
    .where((eb) => eb.and({ ...of, kind: 'missing' as const }))
    .where('over_at_ms', 'is', null)
    .execute()
}

/** Returns changes since a time, and fields that are still missing, the oldest change first. */
export async function readSourceChanges(
  ledger: Ledger,
  connectors: readonly string[],
  sinceMs: number,
): Promise<SourceChange[]> {
  const changes = await ledger
    .selectFrom('source_changes')
    .selectAll()
    .where('connector', 'in', connectors)
    .where((eb) =>
      eb.or([
        eb.and([eb('kind', '!=', 'missing'), eb('noticed_at_ms', '>=', sinceMs)]),
        eb.and([eb('kind', '=', 'missing'), eb('over_at_ms', 'is', null)]),
      ]),
    )
    .orderBy('noticed_at_ms')
    .orderBy('part')
    .orderBy('field')
    .orderBy('kind')
    .execute()
  return changes.map((change) => ({
    connector: change.connector,
    part: change.part,
    field: change.field,
    kind: change.kind,
    types: change.types === '' ? [] : (change.types.split(' ') as FieldType[]),
    noticedAtMs: change.noticed_at_ms,
    overAtMs: change.over_at_ms,
    isRead: change.is_read === 1,
    isRequired: change.is_required === 1,
  }))
}
