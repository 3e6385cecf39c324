import type { GivenSettings } from '../../destinations/vendor.ts'

/** An environment variable for each secret setting. */
export type SecretVariables = Readonly<Record<string, string>>

/** The answers from which a config file is written. */
export interface Answers {
  connector: string
  /** The API as the file names it: an address, or the variable that holds it. Null for QRCodeStack's own. */
  api: string | null
  /** The settings of each, by its name in the file. */
  destinations: Record<string, GivenSettings>
  /** The environment variable that replaces each secret setting in the file, by destination and setting. */
  variables: Record<string, SecretVariables>
  /** The keys and tokens that the user typed, by environment variable. */
  typed: Record<string, string>
}

export const defaultConnector = 'qr-codes'

export const apiVariable = 'QRCS_API_URL'
export const keyVariable = 'QRCS_API_KEY'

/** How a file that `init` writes refers to an environment variable. */
export const referenceTo = (variable: string) => `\${${variable}}`

/** Returns an environment variable; an empty one counts as unset. */
export function valueOf(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}
