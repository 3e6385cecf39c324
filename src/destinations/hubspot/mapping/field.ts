import { choiceOf, type Choice } from './choices.ts'
import { usualPrefix } from './settings.ts'
import type { Words } from './language.ts'

export type FieldKind = 'text' | 'long_text' | 'count' | 'time' | 'flag' | 'choice'

/** A property of ours on records of HubSpot, and its value from a row. */
export interface Field<Row> {
  /** The name in the settings. */
  key: string
  /** The internal name in HubSpot. */
  name: string
  kind: FieldKind
  label: Words
  description: Words
  /** Whether no two records may share a value, so that it identifies a record. */
  isUnique: boolean
  /** Set if the value is one of several options. */
  choice: Choice | null
  /** '' if the row has no value, which clears the property. */
  valueOf: (row: Row) => string
}

/** The words for all fields of a kind. */
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
    key: name,
    name: usualPrefix + name,
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

/** @param column the column of the row, which an error about an invalid time names */
export function timeField<Column extends string>(
  column: Column,
  words: FieldWords,
): Field<Partial<Record<Column, string | null>>> {
  return field('time', column, words, (row) => time(row, column))
}

/** Returns a field whose value identifies the record. */
export function unique<Row>(named: Field<Row>): Field<Row> {
  return { ...named, isUnique: true }
}

/**
 * Half a surrogate pair, left by cutting a text in the middle of an emoji, is not valid Unicode: it becomes
 * U+FFFD.
 */
export function text(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value).toWellFormed()
}

/** In UTC and to the millisecond, the precision of HubSpot. */
function time<Name extends string>(row: Partial<Record<Name, string | null>>, name: Name): string {
  const value: string | null | undefined = row[name]
  if (value === null || value === undefined) return ''
  const time = new Date(value)
  if (Number.isNaN(time.getTime())) throw new Error(`${name} is no time: ${value}`)
  return time.toISOString()
}
