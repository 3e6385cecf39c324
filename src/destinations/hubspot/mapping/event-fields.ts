import { createHash } from 'node:crypto'
import type { Scan } from '../../../streams/scans.ts'
import type { LinkedScan } from '../../../streams/summaries.ts'
import type { Field } from './field.ts'
import type { Words } from './language.ts'
import { scanKey } from './scan-fields.ts'

/** A property of the event of a scan. */
export interface EventField {
  name: string
  label: Words
  description: Words
  type: 'string' | 'datetime'
  valueOf: (row: Pick<LinkedScan, 'code' | 'scan'>) => string
}

/** In characters; HubSpot refuses longer ones: https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/guide. */
const longestValue = 1_024

/** Returns the fields of an event: those of the scan's record, and the name of its code. */
export function eventFields(scanFields: readonly Field<Scan>[]): EventField[] {
  const code: EventField = {
    name: 'qrsync_code_name',
    label: { en: 'QR code', de: 'QR-Code' },
    description: { en: 'The name of the scanned QR code.', de: 'Der Name des gescannten QR-Codes.' },
    type: 'string',
    valueOf: (row) => row.code,
  }
  const ofScan = scanFields.filter(({ name, kind }) => name !== scanKey && kind !== 'long_text')
  return [
    code,
    ...ofScan.map(({ name, label, description, kind, valueOf }): EventField => ({
      name,
      label,
      description,
      type: kind === 'time' ? 'datetime' : 'string',
      valueOf: ({ scan }) => valueOf(scan),
    })),
  ]
}

/** Returns the values that are not empty. */
export function eventValues(
  fields: readonly EventField[],
  row: Pick<LinkedScan, 'code' | 'scan'>,
): Record<string, string> {
  const values = fields.map(({ name, valueOf }) => [name, valueOf(row).slice(0, longestValue).toWellFormed()])
  return Object.fromEntries(values.filter(([, value]) => value !== '')) as Record<string, string>
}

/** The same for the same row: if two events have one id, HubSpot keeps the first. */
export function eventUuid(rowId: string): string {
  const hex = createHash('sha1').update(`qrsync ${rowId}`).digest('hex')
  const variant = ((parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
