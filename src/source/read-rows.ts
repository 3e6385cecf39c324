import { mayLoseDigits, parseExactly } from '../model/exact-json.ts'
import { jsonElements } from '../model/json-elements.ts'
import { toUtcTime } from '../model/rfc3339.ts'
import type { SetAsideRow } from '../model/set-aside-row.ts'
import type { Echo } from './echo.ts'
import { lenientId } from './lenient.ts'
import { describeIssue } from './parse-answer.ts'
import type { RowSchema } from './row-schema.ts'

export interface ReadRows<Row> {
  rows: Row[]
  setAside: SetAsideRow[]
}

export interface RowsOf {
  /** The text of the response. */
  body: string
  /** The path of the rows in it, such as `['data', 'series']`. */
  path: readonly string[]
  /** The rows as `JSON.parse` returns them. */
  parsed: readonly unknown[]
  echo: Echo
  /** Whether privacy keeps the value of a field out of messages. */
  hides?: (field: string) => boolean
}

/** Reads rows one by one. Malformed ones are set aside, and do not delay the others. */
export function readRows<Row>(schema: RowSchema<Row>, of: RowsOf): ReadRows<Row> {
  const { body, path, parsed, echo, hides } = of
  const exact = mayLoseDigits(body) ? (valueAt(parseExactly(body), path) as readonly unknown[]) : parsed
  const read: ReadRows<Row> = { rows: [], setAside: [] }
  let texts: readonly string[] | null = null
  for (const [index, row] of exact.entries()) {
    const result = readRow(schema, row, echo, hides)
    if (typeof result !== 'string') {
      read.rows.push(result.row)
      continue
    }
    texts ??= jsonElements(body, path)
    const { id, timeMs } = identify(row)
    const json = texts[index] ?? JSON.stringify(row)
    read.setAside.push({ id, timeMs, nearMs: timeMs ?? timeBeside(exact, index), json, reason: result })
  }
  return read
}

/** @returns the row, or why it is malformed */
export function readRow<Row>(
  { strict, lenient }: RowSchema<Row>,
  row: unknown,
  echo: Echo,
  hides?: (field: string) => boolean,
): { row: Row } | string {
  const result = strict.safeParse(row)
  if (result.success) return { row: result.data }
  if (!isObject(row)) return describeIssue(result.error, row, 'the row', echo)
  // A copy, and not by assignment: `__proto__` must not become a prototype.
  const again: Record<string, unknown> = Object.fromEntries(Object.entries(row))
  for (const [field, read] of Object.entries(lenient)) {
    if (Object.hasOwn(again, field)) again[field] = read(again[field])
  }
  const second = strict.safeParse(again)
  return second.success ? { row: second.data } : describeIssue(second.error, row, 'the row', echo, hides)
}

function identify(row: unknown): { id: string | null; timeMs: number | null } {
  if (!isObject(row)) return { id: null, timeMs: null }
  const id = lenientId(row['id'])
  return { id: typeof id === 'string' && id !== '' ? id : null, timeMs: timeOf(row) }
}

function timeOf(row: unknown): number | null {
  if (!isObject(row) || typeof row['scanned_at'] !== 'string') return null
  const time = toUtcTime(row['scanned_at'])
  return time === null ? null : Date.parse(time)
}

/** Pages are sorted by time, so the time of the next row is close. */
function timeBeside(rows: readonly unknown[], index: number): number | null {
  const others = [...rows.slice(0, index).toReversed(), ...rows.slice(index + 1)]
  for (const other of others) {
    const timeMs = timeOf(other)
    if (timeMs !== null) return timeMs
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(json: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], json)
}
