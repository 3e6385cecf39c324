import type { TableField } from '@google-cloud/bigquery'
import type { SqlColumn } from './merge-sql.ts'
import { typeOf, type BigQueryType } from './table-layout.ts'
import { isWideInteger } from '../rows/wide-numbers.ts'

/** A column for a field that the API sends and this version does not know. */
export interface FieldColumn extends SqlColumn {
  /** The API's name for it. */
  key: string
}

/** BigQuery would allow 10,000, but an API that sends so many fields does not mean them as columns. */
const mostColumns = 1_000

/**
 * The description identifies our columns. Others may have added columns to the table, which are not ours even
 * if the API has a field of that name.
 */
const description = /^Field ("(?:[^"\\]|\\.)*") of the API, not known to qrsync when it was added\.$/

function describe(key: string): string {
  return `Field ${JSON.stringify(key)} of the API, not known to qrsync when it was added.`
}

export function fieldColumnsOf(fields: readonly TableField[]): FieldColumn[] {
  return fields.flatMap((field) => {
    const [, key] = description.exec(field.description ?? '') ?? []
    const type = typeOf(field) as BigQueryType
    return key === undefined ? [] : [{ key: JSON.parse(key) as string, name: field.name ?? '', type }]
  })
}

/**
 * Returns columns for fields that have none yet. A field whose values have several types gets none, and stays
 * in `extra`.
 */
export function newFieldColumns(
  fields: readonly TableField[],
  extras: readonly Record<string, unknown>[],
): TableField[] {
  const known = new Set(fieldColumnsOf(fields).map(({ key }) => key))
  const taken = new Set(fields.map(({ name = '' }) => name.toLowerCase()))
  const kinds = new Map<string, Set<BigQueryType>>()
  for (const [key, value] of extras.flatMap((extra) => Object.entries(extra))) {
    const kind = kindOf(value)
    if (kind === null || known.has(key)) continue
    const kindsOfKey = kinds.get(key)
    if (kindsOfKey === undefined) kinds.set(key, new Set([kind]))
    else kindsOfKey.add(kind)
  }
  const added: TableField[] = []
  for (const [key, kindsOfKey] of kinds) {
    const type = commonKind(kindsOfKey)
    if (type === null || fields.length + added.length >= mostColumns) continue
    added.push({ name: freeName(key, taken), type, description: describe(key) })
  }
  return added
}

/** Moves fields that have a column into it. Values that do not fit their column stay in `extra`. */
export function withFieldColumns(
  row: Record<string, unknown>,
  extra: Record<string, unknown>,
  columns: readonly FieldColumn[],
): Record<string, unknown> {
  const moved: Record<string, unknown> = {}
  const rest = { ...extra }
  for (const { key, name, type } of columns) {
    if (!Object.hasOwn(extra, key) || !fits(extra[key], type)) continue
    moved[name] = extra[key]
    Reflect.deleteProperty(rest, key)
  }
  return { ...row, ...moved, extra: Object.keys(rest).length === 0 ? null : rest }
}

function kindOf(value: unknown): BigQueryType | null {
  if (typeof value === 'string') return 'STRING'
  if (typeof value === 'boolean') return 'BOOLEAN'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'INTEGER' : 'FLOAT64'
  if (isWideInteger(value)) return 'INTEGER'
  return value === null ? null : 'JSON'
}

function commonKind(kinds: ReadonlySet<BigQueryType>): BigQueryType | null {
  const [kind] = kinds
  if (kinds.size === 1) return kind ?? null
  return [...kinds].every((each) => each === 'INTEGER' || each === 'FLOAT64') ? 'FLOAT64' : null
}

function fits(value: unknown, type: BigQueryType): boolean {
  const kind = kindOf(value)
  return (
    kind === null || kind === type || type === 'JSON' || (type === 'FLOAT64' && typeof value === 'number')
  )
}

/**
 * Chooses a column's name from letters, digits and "_". It starts with a letter, because BigQuery reserves some
 * names with "_". Column names are case-insensitive.
 *
 * @see https://cloud.google.com/bigquery/docs/schemas#column_names
 */
function freeName(key: string, taken: Set<string>): string {
  const plain = key.replaceAll(/\W/g, '_').slice(0, 250)
  const wanted = /^[A-Za-z]/.test(plain) ? plain : `field_${plain}`
  let name = wanted
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${wanted}_${number}`
  taken.add(name.toLowerCase())
  return name
}
