import type { GivenSettings } from '../../destinations/vendor.ts'
import { vendors } from '../../destinations/vendors.ts'
import { apiVariable, keyVariable, referenceTo, type Answers } from './answers.ts'

/** Returns the first vendor that needs no questions, with its settings. */
export function defaultDestination(): { name: string; settings: GivenSettings } {
  for (const { usualName, standard } of vendors) {
    if (standard !== undefined) return { name: usualName, settings: standard }
  }
  throw new Error('no vendor does without questions')
}

/** Returns the environment variables that replace secret settings in the file, by setting. */
export function secretsOf({ type }: GivenSettings): Readonly<Record<string, string>> {
  return vendors.find((vendor) => vendor.type === type)?.secrets ?? {}
}

/** Returns the variables that must be set to use the file. */
export function variablesOf({ api, destinations }: Answers): string[] {
  const secrets = Object.values(destinations).flatMap((settings) => Object.values(secretsOf(settings)))
  const ofApi = api === referenceTo(apiVariable) ? [apiVariable] : []
  return [keyVariable, ...ofApi, ...new Set(secrets)]
}
