import { choiceOf, type Choice } from './choices.ts'
import type { Words } from './language.ts'

export type FieldKind = 'text' | 'long_text' | 'count' | 'time' | 'flag' | 'choice'

/** A property of ours on records of HubSpot, and what a row has for it. */
export interface Field<Row> {
  /** The internal name in HubSpot. */
  name: string
  kind: FieldKind
  label: Words
  description: Words
  /** No two records may share a value: by it a record is found again. */
  isUnique: boolean
  /** Where it is one of several options. */
  choice: Choice | null
  /** '' where the row has none: that clears the property. */
  valueOf: (row: Row) => string
}

/** What all fields of a kind are made of. */
export interface FieldWords {
  label: [en: string, de: string]
  description: [en: string, de: string]
}

export function field<Row>(
  kind: FieldKind,
  name: string,
  { label, description }: FieldWords,
  valueOf: (row: Row) => string,
): Field<Row> {
  return {
    name: `qrsync_${name}`,
    kind,
    label: { en: label[0], de: label[1] },
    description: { en: description[0], de: description[1] },
    isUnique: false,
    choice: null,
    valueOf,
  }
}

export function textField<Row>(
  name: string,
  words: FieldWords,
  valueOf: (row: Row) => string | null | undefined,
): Field<Row> {
  return field('text', name, words, (row) => text(valueOf(row)))
}

export function countField<Row>(
  name: string,
  words: FieldWords,
  valueOf: (row: Row) => number | null | undefined,
): Field<Row> {
  return field('count', name, words, (row) => text(valueOf(row)))
}

export function choiceField<Row>(
  name: string,
  choice: Choice,
  words: FieldWords,
  valueOf: (row: Row) => string | null | undefined,
): Field<Row> {
  return { ...field('choice', name, words, (row: Row) => choiceOf(valueOf(row))), choice }
}

/** @param column of the row, which says in an error what is no time */
export function timeField<Column extends string>(
  column: Column,
  words: FieldWords,
): Field<Partial<Record<Column, string | null>>> {
  return field('time', column, words, (row) => time(row, column))
}

/** A field whose value names the record. */
export function unique<Row>(named: Field<Row>): Field<Row> {
  return { ...named, isUnique: true }
}

/** Half a surrogate pair, as left by a text cut in the middle of an emoji, is no Unicode: it becomes U+FFFD. */
export function text(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value).toWellFormed()
}

/** In UTC and to the millisecond, which is as fine as HubSpot keeps it. */
function time<Name extends string>(row: Partial<Record<Name, string | null>>, name: Name): string {
  const value: string | null | undefined = row[name]
  if (value === null || value === undefined) return ''
  const time = new Date(value)
  if (Number.isNaN(time.getTime())) throw new Error(`${name} is no time: ${value}`)
  return time.toISOString()
}
