import type { GivenSettings } from '../../destinations/vendor.ts'
import { vendors } from '../../destinations/vendors.ts'
import type { Answers } from './answers.ts'

/** Of the first vendor that can do without questions. */
export function defaultDestination(): { name: string; settings: GivenSettings } {
  for (const { usualName, standard } of vendors) {
    if (standard !== undefined) return { name: usualName, settings: standard }
  }
  throw new Error('no vendor does without questions')
}

/** The environment variables that stand in the file for settings that are secret, by setting. */
export function secretsOf({ type }: GivenSettings): Readonly<Record<string, string>> {
  return vendors.find((vendor) => vendor.type === type)?.secrets ?? {}
}

/** The variables that must be set when the file is used. */
export function variablesOf({ hasOwnApi, destinations }: Answers): string[] {
  const secrets = Object.values(destinations).flatMap((settings) => Object.values(secretsOf(settings)))
  return ['QRCS_API_KEY', ...(hasOwnApi ? ['QRCS_API_URL'] : []), ...new Set(secrets)]
}
