import { sql, type RawBuilder } from 'kysely'
import type { ColumnType } from '../../streams/define-stream.ts'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import type { Outcome } from '../destination.ts'
import { outcomesOf, type Refused } from '../outcomes.ts'
import { loadedAt } from '../warehouse-columns.ts'
import { withoutLoneSurrogates } from '../without-lone-surrogates.ts'
import type { Tables } from './database.ts'
import { faultOfRow } from './fault-of-row.ts'
import { isRefusal } from './postgres-error.ts'
import { columnsOf, typeSql } from './tables.ts'

/** Writes rows, each id once, in one statement, all or nothing. */
export async function upsertRows(
  tables: Tables,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<Outcome[]> {
  // Always in the same order, so that two writers of the same rows wait for each other and never deadlock.
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return outcomesOf(rows, await upsertOrRefuse(tables, stream, sorted))
}

/** Searches for bad rows only after PostgreSQL has refused them all, so that good batches are not slowed down. */
async function upsertOrRefuse(
  tables: Tables,
  stream: StreamName,
  rows: readonly LandedRow[],
): Promise<Refused[]> {
  try {
    await upsert(tables, stream, rows)
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    const refused: Refused[] = []
    const others: LandedRow[] = []
    for (const row of rows) {
      const fault = faultOfRow(stream, row)
      if (fault?.isSure === true) refused.push({ id: row.id, reason: fault.reason })
      else others.push(row)
    }
    const tally = { accepted: 0, refused: 0 }
    return [refused, await upsertByHalves(tables, stream, others, tally)].flat()
  }
}

/**
 * If this many rows are refused one by one for no reason of their own, and none is accepted, the table is the
 * problem.
 */
const refusalsToGiveUp = 20

/** Rows of a batch, by outcome. */
interface Tally {
  accepted: number
  refused: number
}

/**
 * Finds rows that only PostgreSQL refuses: for a constraint or a trigger of its owner, or for a value that an
 * index cannot hold.
 *
 * @throws PostgreSQL's reason if it refuses row after row
 */
async function upsertByHalves(
  tables: Tables,
  stream: StreamName,
  rows: readonly LandedRow[],
  tally: Tally,
): Promise<Refused[]> {
  const [first] = rows
  if (first === undefined) return []
  try {
    await upsert(tables, stream, rows)
    tally.accepted += rows.length
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (rows.length > 1) {
      const middle = Math.ceil(rows.length / 2)
      return [
        await upsertByHalves(tables, stream, rows.slice(0, middle), tally),
        await upsertByHalves(tables, stream, rows.slice(middle), tally),
      ].flat()
    }
    const fault = faultOfRow(stream, first)
    if (fault === null) tally.refused += 1
    if (tally.accepted === 0 && tally.refused >= refusalsToGiveUp) throw error
    return [{ id: first.id, reason: fault?.reason ?? error.message }]
  }
}

/**
 * Lets PostgreSQL parse the rows' JSON. Does not write a row that comes again unchanged. A row whose JSON does
 * not contain its id gets a null id, which the table refuses.
 */
async function upsert(tables: Tables, stream: StreamName, rows: readonly LandedRow[]): Promise<void> {
  const names = columnsOf(stream).map(([name]) => name)
  const ids = rows.map(({ id }) => id.replaceAll('\u0000', '\ufffd'))
  const jsons = rows.map(({ json }) => withoutNul(withoutLoneSurrogates(json)))
  const fields = columnsOf(stream).map(([name, { type }]): RawBuilder<unknown> => {
    return sql`${sql.ref(name)} ${sql.raw(isTemporal(type) ? 'text' : typeSql[type])}`
  })
  const values = columnsOf(stream).map(([name, { type }]) => valueOf(name, type))
  const others = names.filter((name) => name !== 'id')
  const known = others.map((name) => sql.ref(`${stream}.${name}`))
  const given = others.map((name) => sql.ref(`excluded.${name}`))
  const written = Object.fromEntries([...others, loadedAt].map((name) => [name, sql.ref(`excluded.${name}`)]))
  await tables
    .insertInto(stream)
    .columns([...names, loadedAt])
    .expression(
      sql`select ${sql.join(values)}, now()
        from unnest(${ids}::text[], ${jsons}::text[]) as landed (id, json),
          json_to_record(landed.json::json) as fields (${sql.join(fields)})`,
    )
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(written)
        .where(sql<boolean>`(${sql.join(known)}) is distinct from (${sql.join(given)})`),
    )
    .execute()
}

const isTemporal = (type: ColumnType) => type === 'time' || type === 'date'

/**
 * The expression for a column. PostgreSQL would read "yesterday" as a time, so text that does not start with a
 * digit is not simply cast.
 */
function valueOf(name: string, type: ColumnType): RawBuilder<unknown> {
  if (name === 'id') return sql`case when fields.id = landed.id then landed.id end`
  const field = sql.ref(`fields.${name}`)
  if (!isTemporal(type)) return field
  const checked = sql`case when ${field} ~ '^[0-9]' then ${field} else 'no time: ' || ${field} end`
  return sql`(${checked})::${sql.raw(typeSql[type])}`
}

/** Matches an escaped backslash too, to skip it. */
const nul = /\\\\|\\u0000/g

/** PostgreSQL's text cannot contain U+0000, and would refuse the row because of it: it becomes U+FFFD. */
function withoutNul(json: string): string {
  if (!json.includes('\\u0000')) return json
  return json.replace(nul, (match) => (match.length === 6 ? '\\ufffd' : match))
}

/** @returns whether the table has rows whose code is unknown */
export async function eraseCodes(
  tables: Tables,
  stream: StreamName,
  codeColumn: string,
  codeIds: readonly string[],
): Promise<boolean> {
  const column = sql.ref(codeColumn)
  await tables
    .deleteFrom(stream)
    .where(column, '=', sql`any(${codeIds}::text[])`)
    .execute()
  const left = await tables
    .selectFrom(stream)
    .select(sql`1`.as('one'))
    .where(column, 'is', null)
    .limit(1)
    .execute()
  return left.length > 0
}
