/** What the API answers with, by the part of an answer that has fields of its own. */
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

/** Which fields one answer had. It holds no values. */
export interface AnswerShape {
  part: AnswerPart
  /** The code that was asked about, or which codes were listed; empty where all is asked about. */
  subject: string
  rows: number
  /** How many of the rows have each field, null values included, and the types of its other values. */
  fields: ReadonlyMap<string, { rows: number; types: ReadonlySet<FieldType> }>
}

/** A field that qrsync reads by its name. */
export interface ReadField {
  types: readonly FieldType[]
  /** A row without it is set aside. */
  isRequired: boolean
}

export type ReadFields = Readonly<Record<AnswerPart, ReadonlyMap<string, ReadField>>>
