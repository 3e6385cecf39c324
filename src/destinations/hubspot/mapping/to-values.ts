import type { LandedRow } from '../../../streams/streams.ts'
import type { Field } from './field.ts'

/** Values of properties, all of them strings; '' clears one. */
export type PropertyValues = Record<string, string>

/** What a row becomes in HubSpot, or why it cannot become anything. */
export type Mapped<Row> = { id: string; row: Row; values: PropertyValues } | { id: string; reason: string }

/** A row is mapped twice in short succession: to see whether it has changed, and to write it. */
const mapped = new WeakMap<LandedRow, { fields: unknown; to: unknown }>()

export function mapRow<Row>(fields: readonly Field<Row>[], landed: LandedRow): Mapped<Row> {
  const known = mapped.get(landed)
  // The same fields give the same type.
  if (known?.fields === fields) return known.to as Mapped<Row>
  const to = mapAnew(fields, landed)
  mapped.set(landed, { fields, to })
  return to
}

function mapAnew<Row>(fields: readonly Field<Row>[], { id, json }: LandedRow): Mapped<Row> {
  try {
    const row = JSON.parse(json) as Row
    const values = Object.fromEntries(fields.map(({ name, valueOf }) => [name, valueOf(row)]))
    const long = Object.entries(values).find(([, value]) => value.length > longestValue)
    if (long !== undefined) return { id, reason: tooLong(...long) }
    return { id, row, values }
  } catch (error) {
    return { id, reason: `the row cannot be read: ${error instanceof Error ? error.message : 'no JSON'}` }
  }
}

/** In characters. HubSpot refuses a longer value, and with it the whole request. */
const longestValue = 65_536

function tooLong(property: string, { length }: string): string {
  const count = (value: number) => value.toLocaleString('en')
  return `${property} has ${count(length)} characters; HubSpot accepts ${count(longestValue)} at most`
}
