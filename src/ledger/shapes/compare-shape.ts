import type { AnswerShape, FieldType, ReadField } from '../../model/answer-shape.ts'

/** What is known of one part of the API's answers; stored as JSON. */
export interface KnownShape {
  fields: Record<string, KnownField>
  /** Some of the codes that it was learned from. */
  subjects: string[]
}

interface KnownField {
  /** Rows until the field was last there, and how many of them had it. */
  rows: number
  present: number
  types: FieldType[]
  /** Rows since it was last there, and some of the codes that they are of. */
  absent: number
  absentOf: string[]
  isMissing: boolean
}

export type ChangeKind = 'new' | 'missing' | 'type'

export interface FoundChange {
  kind: ChangeKind
  field: string
  /** Of a new field its types; of a new type that type. */
  types: readonly FieldType[]
}

export interface Comparison {
  known: KnownShape
  changes: FoundChange[]
  /** Fields that were missing and are there again. */
  back: string[]
}

/** A field is missing when its absence by chance would be rarer than this. */
const chance = 1e-6
/** One code may have none of a field: its absence counts when this many codes lack it, or all that there are. */
const fewestSubjects = 3
/** What was before so many rows counts half, so that an old habit of the API fades. */
const mostRows = 10_000

/**
 * Compares the fields of an answer with those of all answers before. The first answer is what others are compared with: of it
 * nothing is a change.
 *
 * @param read the fields that qrsync reads by their names: they are known from the start
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

/** Types that a field did not have before. Of one that has had none, the first is no change, unless qrsync reads another one. */
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
  // One row more than were seen: of what was always there it is not certain that it always will be.
  const share = present / (rows + 1)
  return (1 - share) ** absent < chance
}

function withSubject(subjects: string[], subject: string): string[] {
  return subjects.length >= fewestSubjects || subjects.includes(subject) ? subjects : [...subjects, subject]
}

function faded(rows: number, present: number): { rows: number; present: number } {
  return rows > mostRows ? { rows: rows / 2, present: present / 2 } : { rows, present }
}
