/** What a config file is written from. */
export interface Answers {
  connector: string
  /** Whether the API is the one that QRCS_API_URL names, in place of QRCodeStack's own. */
  hasOwnApi: boolean
  /** By the name that each gets in the file. */
  destinations: Record<string, DestinationAnswer>
}

export interface DestinationAnswer {
  /** Its settings, as `destinations.<name>` holds them. */
  settings: { type: string } & Record<string, unknown>
  /** The setting that is secret, and the environment variable that stands for it in the file. */
  secret?: { setting: string; variable: string }
}

/** A DuckDB file beside the config file. */
export const defaultDestination = {
  name: 'warehouse',
  answer: { settings: { type: 'duckdb', path: 'qr-codes.duckdb' } },
} satisfies { name: string; answer: DestinationAnswer }

export const defaultConnector = 'qr-codes'

/** The variables that must be set when the file is used. */
export function variablesOf({ hasOwnApi, destinations }: Answers): string[] {
  const secrets = Object.values(destinations).flatMap(({ secret }) => (secret ? [secret.variable] : []))
  return ['QRCS_API_KEY', ...(hasOwnApi ? ['QRCS_API_URL'] : []), ...new Set(secrets)]
}

/** A variable of the environment; one that is empty counts as not set. */
export function valueOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = environment[variable]
  return value === '' ? undefined : value
}
