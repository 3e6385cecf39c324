import type { AnswerPart } from '../../model/answer-shape.ts'
import type { ChangeKind } from './compare-shape.ts'

/** The fields of one part of the API's responses: a {@link import('./compare-shape.ts').KnownShape} as JSON. */
export interface SourceShapeTable {
  connector: string
  part: AnswerPart
  shape: string
}

/** A change of those fields. */
export interface SourceChangeTable {
  connector: string
  part: AnswerPart
  field: string
  kind: ChangeKind
  /** Separated by spaces: the types of a new field, or the new type. */
  types: string
  noticed_at_ms: number
  /** When a missing field was present again. */
  over_at_ms: number | null
  /** 1 if qrsync reads the field by its name. */
  is_read: number
  /** 1 if rows without it are set aside. */
  is_required: number
}
