import type { Language } from '../settings.ts'

/** The same words in every language. */
export type Words = Readonly<Record<Language, string>>

const germanTimeZones = ['Europe/Berlin', 'Europe/Busingen', 'Europe/Vienna']

/** HubSpot's API does not return an account's language: its time zone is the best hint. */
export function languageOf(timeZone: string | undefined): Language {
  return timeZone !== undefined && germanTimeZones.includes(timeZone) ? 'de' : 'en'
}
