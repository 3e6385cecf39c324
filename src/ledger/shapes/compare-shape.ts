import type { AnswerShape, FieldType, ReadField } from '../../model/answer-shape.ts'

/** What is known about one part of the API's responses; stored as JSON. */
export interface KnownShape {
  fields: Record<string, KnownField>
  /** Some of the codes whose rows taught it. */
  subjects: string[]
}

interface KnownField {
  /** Rows until the field was last present, and how many of them had it. */
  rows: number
  present: number
  types: FieldType[]
  /** Rows since it was last present, and some of the codes of these rows. */
  absent: number
  absentOf: string[]
  isMissing: boolean
}

export type ChangeKind = 'new' | 'missing' | 'type'

export interface FoundChange {
  kind: ChangeKind
  field: string
  /** For a new field its types; for a new type that type. */
  types: readonly FieldType[]
}

export interface Comparison {
  known: KnownShape
  changes: FoundChange[]
  /** Fields that were missing and are present again. */
  back: string[]
}

/** A field counts as missing if its absence by chance would be rarer than this. */
const chance = 1e-6
/** One code may lack a field in all its rows. Absence counts if this many codes lack it, or all codes. */
const fewestSubjects = 3
/** Rows before the last this many count half, so that an old habit of the API fades. */
const mostRows = 10_000

/**
 * Compares the fields of a response with those of all earlier ones. The first response is the reference, and
 * reports no change.
 *
 * @param read the fields that qrsync reads by name: they are known from the start
 */
export function compareShape(
  before: KnownShape | null,
  seen: AnswerShape,
  read: ReadonlyMap<string, ReadField>,
): Comparison {
  const isFirst = before === null
  const known: KnownShape = before ?? { fields: {}, subjects: [] }
  const changes: FoundChange[] = []
  const back: string[] = []
  known.subjects = withSubject(known.subjects, seen.subject)
  for (const [name, { rows, types }] of seen.fields) {
    const field = known.fields[name]
    if (field === undefined) {
      known.fields[name] = {
        rows: seen.rows,
        present: rows,
        types: [...types],
        absent: 0,
        absentOf: [],
        isMissing: false,
      }
      if (isFirst) continue
      if (!read.has(name)) changes.push({ kind: 'new', field: name, types: [...types] })
      const read_ = read.get(name)
      if (read_ !== undefined) changes.push(...newTypes(name, types, read_.types, []))
      continue
    }
    changes.push(...newTypes(name, types, read.get(name)?.types ?? [], field.types))
    field.types = [...new Set([...field.types, ...types])]
    if (field.isMissing) back.push(name)
    Object.assign(field, faded(field.rows + field.absent + seen.rows, field.present + rows))
    field.absent = 0
    field.absentOf = []
    field.isMissing = false
  }
  for (const [name, field] of Object.entries(known.fields)) {
    if (seen.fields.has(name)) continue
    field.absent += seen.rows
    field.absentOf = withSubject(field.absentOf, seen.subject)
    if (field.isMissing || !isGone(field, known.subjects)) continue
    field.isMissing = true
    changes.push({ kind: 'missing', field: name, types: [] })
  }
  return { known, changes, back }
}

/**
 * Returns types that a field did not have before. The first type of a field without one is no change, unless
 * qrsync reads another type.
 */
function newTypes(
  field: string,
  seen: ReadonlySet<FieldType>,
  read: readonly FieldType[],
  before: readonly FieldType[],
): FoundChange[] {
  const known = new Set([...read, ...before])
  if (known.size === 0) return []
  return [...seen].filter((type) => !known.has(type)).map((type) => ({ kind: 'type', field, types: [type] }))
}

function isGone({ rows, present, absent, absentOf }: KnownField, subjects: readonly string[]): boolean {
  if (absentOf.length < Math.min(fewestSubjects, subjects.length)) return false
  // One row more than were seen, because a field that was always present is not certain to stay.
  const share = present / (rows + 1)
  return (1 - share) ** absent < chance
}

function withSubject(subjects: string[], subject: string): string[] {
  return subjects.length >= fewestSubjects || subjects.includes(subject) ? subjects : [...subjects, subject]
}

function faded(rows: number, present: number): { rows: number; present: number } {
  return rows > mostRows ? { rows: rows / 2, present: present / 2 } : { rows, present }
}
