import { time, type Column } from '../streams/define-stream.ts'
import { streams, type StreamName } from '../streams/streams.ts'

/** The column of every table that the warehouse itself fills: our rows do not contain it. */
export const loadedAt = 'loaded_at'

const loadedAtColumn: Column = time(
  'When qrsync last wrote this row here. A row that comes again unchanged keeps it; null in rows older than this column.',
)

/** Returns the columns of a stream's table in a warehouse. */
export function warehouseColumns(stream: StreamName): [name: string, column: Column][] {
  return [...Object.entries<Column>(streams[stream].columns), [loadedAt, loadedAtColumn]]
}

/** A column that had another name in an older version of qrsync. */
export interface Renamed {
  from: string
  to: string
}

/** Reserved words of SQL make bad names for columns, because every query would have to quote them. */
const renamed: Partial<Record<StreamName, readonly Renamed[]>> = {
  analytics_breakdown: [
    { from: 'from', to: 'first_day' },
    { from: 'to', to: 'last_day' },
  ],
}

/** Returns the columns to rename in a table that has these columns. */
export function renamesOf(stream: StreamName, present: ReadonlySet<string>): readonly Renamed[] {
  return (renamed[stream] ?? []).filter(({ from, to }) => present.has(from) && !present.has(to))
}

/** The column of a table that names the code to which a row belongs. */
export const codeColumnOf = (stream: StreamName): 'id' | 'qr_code_id' =>
  stream === 'qr_codes' ? 'id' : 'qr_code_id'
