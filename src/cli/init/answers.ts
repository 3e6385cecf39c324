import type { GivenSettings } from '../../destinations/vendor.ts'

/** What a config file is written from. */
export interface Answers {
  connector: string
  /** Whether the API is the one that QRCS_API_URL names, in place of QRCodeStack's own. */
  hasOwnApi: boolean
  /** The settings of each, by the name that it gets in the file. */
  destinations: Record<string, GivenSettings>
}

export const defaultConnector = 'qr-codes'

/** A variable of the environment; one that is empty counts as not set. */
export function valueOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}
