import type { z } from 'zod'
import type { AnswerPart, AnswerShape, FieldType, ReadField, ReadFields } from '../model/answer-shape.ts'
import type { Format, Stream } from '../streams/define-stream.ts'
import { qrCodes } from '../streams/qr-codes.ts'
import { scans } from '../streams/scans.ts'
import { account, analytics, seriesDay, share, usage } from './schemas.ts'

/** More responses than a slice of a sync gets: notes that nobody takes must not grow. */
const mostAnswers = 500
/** More fields than a row has. But a row may also be a map whose keys are data. */
const mostFields = 100
const longestName = 60

/** Collects which fields the API's responses have, until somebody takes them. */
export class ShapeNotes {
  #noted: AnswerShape[] = []

  /** @param rows of which those that are not objects are ignored */
  note(part: AnswerPart, rows: readonly unknown[], subject = ''): void {
    const objects = rows.filter((row) => isObject(row))
    if (objects.length === 0 || this.#noted.length >= mostAnswers) return
    const fields = new Map<string, { rows: number; types: Set<FieldType> }>()
    for (const row of objects) {
      // Unlike `entries`, this makes no list for each field of each row.
      for (const name of Object.keys(row)) {
        const value = row[name]
        const field = fields.get(name)
        if (field !== undefined) {
          field.rows++
          addType(field.types, value)
        } else if (fields.size < mostFields && isName(name)) {
          const types = new Set<FieldType>()
          addType(types, value)
          fields.set(name, { rows: 1, types })
        }
      }
    }
    this.#noted.push({ part, subject, rows: objects.length, fields })
  }

  /** Returns and removes the notes. */
  take(): AnswerShape[] {
    const taken = this.#noted
    this.#noted = []
    return taken
  }
}

/** Names are stored and shown to people, so a text that cannot be a field's name is left out. */
const isName = (name: string) => name.length <= longestName && /^[\p{L}\p{N}_.:$@ -]+$/u.test(name)

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function addType(types: Set<FieldType>, value: unknown): void {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) types.add('list')
  else if (typeof value === 'string') types.add('text')
  else if (typeof value === 'number') types.add('number')
  else if (typeof value === 'boolean') types.add('boolean')
  else types.add('object')
}

const typeOf: Record<Format, FieldType> = {
  id: 'text',
  'code id': 'text',
  text: 'text',
  count: 'number',
  flag: 'boolean',
  time: 'text',
  day: 'text',
  object: 'object',
  rest: 'object',
}

/** The fields that qrsync reads by name. */
export const readFields: ReadFields = {
  me: fieldsOf(account),
  'me.usage': fieldsOf(usage),
  qr_codes: columnsOf(qrCodes),
  scans: columnsOf(scans),
  analytics: fieldsOf(analytics),
  analytics_daily: fieldsOf(seriesDay),
  analytics_breakdown: fieldsOf(share),
}

function columnsOf({ columns }: Stream): Map<string, ReadField> {
  return new Map(
    Object.entries(columns)
      .filter(([, { format }]) => format !== 'rest')
      .map(([name, { format, isRequired, isNamedByCall }]) => [
        name,
        { types: [typeOf[format]], isRequired: isRequired && !isNamedByCall },
      ]),
  )
}

/** Their types are those of the first responses: if one does not fit, the call fails and reports it. */
function fieldsOf({ shape }: z.ZodObject): Map<string, ReadField> {
  return new Map(Object.keys(shape).map((name) => [name, { types: [], isRequired: false }]))
}
