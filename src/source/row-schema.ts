import { z } from 'zod'
import { digitsOf } from '../model/exact-json.ts'
import { fitsKeyColumn, hashPrefix, longestKeyBytes } from '../streams/key-text.ts'
import { isRfc3339Date, isUtcTime } from '../model/rfc3339.ts'
import type { Column, Format, RowOf, Stream } from '../streams/define-stream.ts'
import {
  lenientCount,
  lenientFlag,
  lenientId,
  lenientObject,
  lenientOptionalTime,
  lenientText,
  lenientTime,
} from './lenient.ts'

const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && digitsOf(value) === null,
  'expected object',
)

/** A code's id must fit into a path, and into a key of every database, as it is: the ledger never hashes one. */
const codeId = z
  .string()
  .min(1)
  .refine(
    (id) => fitsKeyColumn(id) && !/\p{Cc}|^\.{1,2}$/u.test(id),
    `expected at most ${longestKeyBytes} bytes without control characters, neither "." nor "..", and no "${hashPrefix}" at the start`,
  )

/** Each format as documented. */
export const formats = {
  id: z.string().min(1),
  'code id': codeId,
  text: z.string(),
  count: z.int().nonnegative(),
  flag: z.boolean(),
  time: z.string().refine(isUtcTime, 'expected an RFC 3339 date-time with a zone'),
  day: z.string().refine(isRfc3339Date, 'expected a date such as 2026-03-14'),
  object,
} satisfies Partial<Record<Format, z.ZodType>>

type Read = (value: unknown) => unknown

/** How each format is read if it is written differently. */
const lenient: Record<Format, { required: Read; optional: Read }> = {
  id: both(lenientId),
  'code id': both(lenientId),
  text: both(lenientText),
  count: both(lenientCount),
  flag: both(lenientFlag),
  time: { required: lenientTime, optional: lenientOptionalTime },
  day: both((value) => value),
  object: both(lenientObject),
  rest: both((value) => value),
}

function both(read: Read): { required: Read; optional: Read } {
  return { required: read, optional: read }
}

/** One kind of row: the documented schema, and how each field is read if it is written differently. */
export interface RowSchema<Row> {
  strict: z.ZodType<Row>
  lenient: Readonly<Record<string, Read>>
}

/** The fields of a row as the API sends it. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Returns the schema of a stream's rows. The README of the API promises new optional fields within v1 without
 * notice, and not every plan has all of today's fields. So absent and unknown fields are accepted. A field with
 * a wrong type is read if that loses nothing (`lenient`). Otherwise its row, and only that row, is set aside.
 */
export function rowSchemaOf(stream: Stream): RowSchema<Fields> {
  const columns = columnsWithFormat(stream)
  return {
    strict: z.looseObject(Object.fromEntries(columns.map(([name, column]) => [name, strictOf(column)]))),
    lenient: Object.fromEntries(columns.map(([name, column]) => [name, lenientOf(column)])),
  }
}

/**
 * Returns a function that makes rows of a stream: absent fields become null, and unknown ones go into the
 * column with the format `rest`. Everything that is the same for all rows is computed once, because a first
 * sync makes hundreds of thousands of them.
 *
 * @returns a function of the fields that the stream's schema has parsed, and of those that the call has named,
 *   which a response need not repeat
 */
export function rowMakerOf<S extends Stream>(stream: S): (fields: Fields, named?: Fields) => RowOf<S> {
  const names = columnsWithFormat(stream).map(([name]) => name)
  const known = new Set(names)
  const restName = Object.entries(stream.columns).find(([, { format }]) => format === 'rest')?.[0]
  return (fields, named) => {
    const row: Record<string, unknown> = {}
    for (const name of names) row[name] = fields[name] ?? named?.[name] ?? null
    if (restName !== undefined) row[restName] = unknownFields(fields, known)
    // Its columns were checked one by one.
    return row as RowOf<S>
  }
}

function unknownFields(fields: Fields, known: ReadonlySet<string>): Fields | null {
  if (Object.keys(fields).every((name) => known.has(name))) return null
  // A copy in which `__proto__` stays a field.
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name)))
}

function columnsWithFormat({ columns }: Stream): [string, Column][] {
  return Object.entries(columns).filter(([, { format }]) => format !== 'rest')
}

function strictOf({ format, isRequired, isNamedByCall }: Column): z.ZodType {
  const strict: z.ZodType = format === 'rest' ? z.unknown() : formats[format]
  return isRequired && !isNamedByCall ? strict : strict.nullish()
}

function lenientOf({ format, isRequired }: Column): Read {
  return isRequired ? lenient[format].required : lenient[format].optional
}
