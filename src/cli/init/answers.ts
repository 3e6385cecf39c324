import type { GivenSettings } from '../../destinations/vendor.ts'

/** The answers from which a config file is written. */
export interface Answers {
  connector: string
  /** Whether QRCS_API_URL names the API, instead of QRCodeStack's own address. */
  hasOwnApi: boolean
  /** The settings of each, by its name in the file. */
  destinations: Record<string, GivenSettings>
}

export const defaultConnector = 'qr-codes'

/** Returns an environment variable; an empty one counts as unset. */
export function valueOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}
