import type { Language } from '../settings.ts'
import type { Words } from './language.ts'

/** The labels of a choice's values. */
export interface Choice {
  /**
   * Options that exist from the start, without a call of their own: HubSpot creates no such property without
   * one.
   */
  first: readonly string[]
  labelOf: (value: string, language: Language) => string
}

/** Replaces a value that HubSpot does not accept as an option, and values beyond {@link mostOptions}. */
export const otherChoice = 'other'
const otherLabel: Words = { en: 'Other', de: 'Sonstige' }

/** Per property: nobody can use a longer list, and privacy rules can create any number of values. */
export const mostOptions = 500

/** HubSpot separates several options by a semicolon, and trims spaces around one. */
const plain = /^[\p{L}\p{N}][\p{L}\p{N} ._,()+/&'-]{0,99}$/u

/** Returns a value as HubSpot stores an option; '' for none. */
export function choiceOf(value: string | null | undefined): string {
  const trimmed = (value ?? '').toWellFormed().trim()
  if (trimmed === '') return ''
  return plain.test(trimmed) ? trimmed : otherChoice
}

function labelled(known: Readonly<Record<string, Words>>): Choice {
  return {
    first: Object.keys(known),
    labelOf: (value, language) => {
      const words = Object.hasOwn(known, value) ? known[value] : undefined
      return words?.[language] ?? plainLabel(value, language)
    },
  }
}

function plainLabel(value: string, language: Language): string {
  return value === otherChoice ? otherLabel[language] : value
}

export const devices = labelled({
  mobile: { en: 'Mobile', de: 'Smartphone' },
  tablet: { en: 'Tablet', de: 'Tablet' },
  desktop: { en: 'Desktop', de: 'Computer' },
  [otherChoice]: otherLabel,
})

export const systems = labelled({
  iOS: { en: 'iOS', de: 'iOS' },
  Android: { en: 'Android', de: 'Android' },
  Windows: { en: 'Windows', de: 'Windows' },
  macOS: { en: 'macOS', de: 'macOS' },
  Linux: { en: 'Linux', de: 'Linux' },
})

export const statuses = labelled({
  active: { en: 'Active', de: 'Aktiv' },
  paused: { en: 'Paused', de: 'Pausiert' },
  deleted: { en: 'Deleted', de: 'Gelöscht' },
})

const frequentCountries =
  'AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI SK US'

/** By their two letters, such as DE. */
export const countries: Choice = {
  first: frequentCountries.split(' '),
  labelOf: (value, language) => {
    if (!/^[A-Z]{2}$/.test(value)) return plainLabel(value, language)
    return new Intl.DisplayNames(language, { type: 'region', fallback: 'code' }).of(value) ?? value
  },
}
