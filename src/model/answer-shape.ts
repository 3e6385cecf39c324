/** The parts of the API's responses that have their own fields. */
export const answerParts = [
  'me',
  'me.usage',
  'qr_codes',
  'scans',
  'analytics',
  'analytics_daily',
  'analytics_breakdown',
] as const
export type AnswerPart = (typeof answerParts)[number]

export type FieldType = 'text' | 'number' | 'boolean' | 'object' | 'list'

/** The fields of one response, without values. */
export interface AnswerShape {
  part: AnswerPart
  /** The code of the request, or which codes were listed; empty if the response is about everything. */
  subject: string
  rows: number
  /** How many of the rows have each field, null values included, and the types of its other values. */
  fields: ReadonlyMap<string, { rows: number; types: ReadonlySet<FieldType> }>
}

/** A field that qrsync reads by name. */
export interface ReadField {
  types: readonly FieldType[]
  /** Whether a row without it is set aside. */
  isRequired: boolean
}

export type ReadFields = Readonly<Record<AnswerPart, ReadonlyMap<string, ReadField>>>
