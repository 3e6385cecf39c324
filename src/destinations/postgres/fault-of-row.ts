import type { Column, ColumnType } from '../../streams/define-stream.ts'
import type { LandedRow, StreamName } from '../../streams/streams.ts'
import { columnsOf, typeSql } from './tables.ts'

/** Whether a text is a valid value of a type. For `perhaps`, PostgreSQL decides. */
type Reading = 'surely' | 'perhaps' | 'never'

export interface Fault {
  reason: string
  /** Whether PostgreSQL refuses the row in any case. */
  isSure: boolean
}

/** Returns what seems wrong with a row, in our words; null if only PostgreSQL can say. */
export function faultOfRow(stream: StreamName, { id, json }: LandedRow): Fault | null {
  const fields = parseObject(json)
  if (fields === undefined) return { reason: 'The row is not valid JSON', isSure: true }
  if (fields?.['id'] !== id) return { reason: 'The JSON is no object with the id of its row', isSure: true }
  const faults = columnsOf(stream)
    .map(([name, column]) => faultOfValue(name, column, fields[name] ?? null))
    .filter((fault) => fault !== null)
  return faults.find(({ isSure }) => isSure) ?? faults[0] ?? null
}

/** Undefined if it is not JSON, null if it is not an object. */
function parseObject(json: string): Record<string, unknown> | null | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return undefined
  }
}

function faultOfValue(name: string, { type, isRequired }: Column, value: unknown): Fault | null {
  if (value === null) return isRequired ? { reason: `${name} is missing`, isSure: true } : null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const reading = readings[type](text)
  if (reading === 'surely') return null
  return {
    reason: `${name} cannot be read as ${typeSql[type]}: ${text.slice(0, 100)}`,
    isSure: reading === 'never',
  }
}

const readings: Record<ColumnType, (text: string) => Reading> = {
  text: () => 'surely',
  json: () => 'surely',
  integer(text) {
    if (/^-?\d{1,18}$/.test(text)) return 'surely'
    return /\d/.test(text) ? 'perhaps' : 'never'
  },
  boolean(text) {
    if (text === 'true' || text === 'false') return 'surely'
    return /^\s*(?:t|f|y|n|o|0|1)/i.test(text) && text.length <= 8 ? 'perhaps' : 'never'
  },
  time(text) {
    if (!/^\d/.test(text)) return 'never'
    return Number.isNaN(Date.parse(text)) ? 'perhaps' : 'surely'
  },
  date(text) {
    if (!/^\d/.test(text)) return 'never'
    return /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? 'surely' : 'perhaps'
  },
}

/** `Date.parse` moves 30 February into March. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
