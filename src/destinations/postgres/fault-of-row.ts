import type { Column, ColumnType } from '../../streams/define-stream.ts'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import { columnsOf, typeSql } from './tables.ts'

/** Why a table cannot hold a row; null where nothing is wrong that can be seen without PostgreSQL. */
export function faultOfRow(stream: StreamName, { id, json }: LandedRow): string | null {
  const fields = parseObject(json)
  if (fields === undefined) return 'The row is not valid JSON'
  if (fields?.['id'] !== id) return 'The JSON is no object with the id of its row'
  for (const [name, column] of columnsOf(stream)) {
    const fault = faultOfValue(name, column, fields[name] ?? null)
    if (fault !== null) return fault
  }
  return null
}

/** Undefined where it is no JSON, null where it is no object. */
function parseObject(json: string): Record<string, unknown> | null | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return undefined
  }
}

function faultOfValue(name: string, { type, isRequired }: Column, value: unknown): string | null {
  if (value === null) return isRequired ? `${name} is missing` : null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (isReadable[type](text)) return null
  return `${name} cannot be read as ${typeSql[type]}: ${text.slice(0, 100)}`
}

const isReadable: Record<ColumnType, (text: string) => boolean> = {
  text: () => true,
  json: () => true,
  integer: (text) => /^-?\d{1,18}$/.test(text),
  boolean: (text) => text === 'true' || text === 'false',
  time: (text) => /^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text),
}

/** `Date.parse` moves the 30th of February into March. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
