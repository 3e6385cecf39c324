import type { GivenSettings } from '../../destinations/vendor.ts'
import { vendors } from '../../destinations/vendors.ts'

/** What a config file is written from. */
export interface Answers {
  connector: string
  /** Whether the API is the one that QRCS_API_URL names, in place of QRCodeStack's own. */
  hasOwnApi: boolean
  /** The settings of each, by the name that it gets in the file. */
  destinations: Record<string, GivenSettings>
}

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

export const defaultConnector = 'qr-codes'

/** The variables that must be set when the file is used. */
export function variablesOf({ hasOwnApi, destinations }: Answers): string[] {
  const secrets = Object.values(destinations).flatMap((settings) => Object.values(secretsOf(settings)))
  return ['QRCS_API_KEY', ...(hasOwnApi ? ['QRCS_API_URL'] : []), ...new Set(secrets)]
}

/** A variable of the environment; one that is empty counts as not set. */
export function valueOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}
