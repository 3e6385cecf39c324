import type { Language } from '../settings.ts'

/** The same words in each language. */
export type Words = Readonly<Record<Language, string>>

const germanTimeZones = ['Europe/Berlin', 'Europe/Busingen', 'Europe/Vienna']

/** HubSpot's API says nothing of an account's language: its time zone is the best hint that there is. */
export function languageOf(timeZone: string | undefined): Language {
  return timeZone !== undefined && germanTimeZones.includes(timeZone) ? 'de' : 'en'
}
