import type { Column } from '../../../streams/define-stream.ts'
import { type LandedRow, type StreamName, streams } from '../../../streams/streams.ts'
import type { Refused } from '../../outcomes.ts'
import { withoutLoneSurrogates } from '../../without-lone-surrogates.ts'
import { readValue, unreadable } from './read-value.ts'
import { bigQueryTypes } from '../tables/table-layout.ts'
import { mayHaveWideNumbers, parseWithWideNumbers } from './wide-numbers.ts'

/** A row that BigQuery accepts. */
export interface ReadRow {
  id: string
  seq: number
  /** The row as JSON on one line. */
  line: string
  /** The UTC day by which its table is partitioned; empty if it is not. */
  day: string
  /** The row itself if its `extra` contains fields that may have columns of their own. */
  fields: Record<string, unknown> | null
}

export interface ReadRows {
  rows: ReadRow[]
  rejected: Refused[]
}

/**
 * Separates the rows that BigQuery accepts from the others before sending them, because one bad row makes it
 * refuse a whole load. A row whose values all have the right format keeps the text that landed.
 */
export function readRows(stream: StreamName, landed: readonly LandedRow[], keepsFields: boolean): ReadRows {
  const read: ReadRows = { rows: [], rejected: [] }
  for (const row of landed) {
    const result = readRow(stream, row, keepsFields)
    if (typeof result === 'string') read.rejected.push({ id: row.id, reason: result })
    else read.rows.push(result)
  }
  return read
}

/** @returns the reason why the row cannot be accepted */
function readRow(
  stream: StreamName,
  { id, seq, json: landed }: LandedRow,
  keepsFields: boolean,
): ReadRow | string {
  const json = withoutLoneSurrogates(landed)
  let row = parse(json)
  if (row === undefined) return 'The row is not valid JSON'
  if (row?.['id'] !== id) return 'The JSON is no object with the id of its row'
  let isAsLanded = true
  if (hasJson(stream, row) && mayHaveWideNumbers(json)) {
    row = parseWithWideNumbers(json) as Record<string, unknown>
    isAsLanded = false
  }
  for (const [name, { type, isRequired }] of columnsOf[stream]) {
    const value = row[name]
    if (value === null || value === undefined) {
      if (isRequired) return `${name} is missing`
      continue
    }
    const spelled = readValue[type](value)
    if (spelled === value) continue
    if (spelled === unreadable) return `${name} cannot be read as ${bigQueryTypes[type]}: ${shown(value)}`
    row[name] = spelled
    isAsLanded = false
  }
  return {
    id,
    seq,
    line: isAsLanded ? inOneLine(json) : JSON.stringify(row),
    day: dayOf(stream, row),
    fields: keepsFields && isObject(row['extra']) ? row : null,
  }
}

const columnsOf = Object.fromEntries(
  Object.entries(streams).map(([name, { columns }]) => [name, Object.entries(columns)]),
) as Record<StreamName, [string, Column][]>

/** Undefined if it is not JSON, null if it is not an object. */
function parse(json: string): Record<string, unknown> | null | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : null
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasJson(stream: StreamName, row: Record<string, unknown>): boolean {
  return columnsOf[stream].some(
    ([name, { type }]) => type === 'json' && typeof row[name] !== 'string' && row[name] != null,
  )
}

/** Line breaks between values would end the row; inside a string they are escaped. */
function inOneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replaceAll(/[\r\n]/g, ' ') : json
}

function dayOf(stream: StreamName, row: Record<string, unknown>): string {
  const { partition } = streams[stream]
  return partition === undefined ? '' : String(row[partition.column]).slice(0, 10)
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 100)
}
