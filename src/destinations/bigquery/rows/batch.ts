import { createHash } from 'node:crypto'
import { type StreamName, streams } from '../../../streams/streams.ts'
import type { FieldColumn } from '../tables/field-columns.ts'
import type { Days, SqlColumn } from '../tables/merge-sql.ts'
import type { ReadRow } from './read-rows.ts'
import { bigQueryTypes } from '../tables/table-layout.ts'

/** Rows that are sent to BigQuery together, each id once. */
export interface Batch {
  stream: StreamName
  columns: readonly SqlColumn[]
  rows: readonly ReadRow[]
}

export function columnsOf(stream: StreamName, fieldColumns: readonly FieldColumn[]): SqlColumn[] {
  const columns = Object.entries(streams[stream].columns).map(([name, { type }]) => ({
    name,
    type: bigQueryTypes[type],
  }))
  return [...columns, ...fieldColumns.map(({ name, type }) => ({ name, type }))]
}

/** Written in parts, so that no string and no buffer of the whole batch is needed. */
const rowsPerPart = 1_000

/** Formats the batch as BigQuery loads it: one JSON object per line. */
export function asLines({ rows }: Batch): Buffer[] {
  const parts: Buffer[] = []
  for (let start = 0; start < rows.length; start += rowsPerPart) {
    const part = rows.slice(start, start + rowsPerPart)
    parts.push(Buffer.from(part.map(({ line }) => `${line}\n`).join('')))
  }
  return parts
}

/**
 * Distinguishes a batch from every other. A code that was changed and changed back has the same content as
 * before, but another position.
 */
export function digestOf({ stream, columns, rows }: Batch, lines: readonly Buffer[]): string {
  const hash = createHash('sha256').update(JSON.stringify([stream, columns, rows.map(({ seq }) => seq)]))
  for (const part of lines) hash.update(part)
  return hash.digest('hex').slice(0, 40)
}

export function firstSeqOf({ rows }: Batch): number {
  return rows.reduce((first, { seq }) => Math.min(first, seq), Infinity)
}

/** Null if the table is not partitioned. */
export function daysOf({ stream, columns, rows }: Batch): Days | null {
  const column = columns.find(({ name }) => name === streams[stream].partition?.column)
  const [any] = rows
  if (column === undefined || any === undefined) return null
  let [first, last] = [any.day, any.day]
  for (const { day } of rows) {
    if (day < first) first = day
    if (day > last) last = day
  }
  return { column, first, last }
}
