import { bigquerySettings } from '../../destinations/bigquery/settings.ts'
import { duckdbSettings } from '../../config/destinations.ts'
import { hubspotSettings } from '../../destinations/hubspot/settings.ts'
import { valueOf, type DestinationAnswer } from './answers.ts'
import { askSecret, askText, mistakeIn } from './prompts.ts'

export type DestinationType = 'duckdb' | 'bigquery' | 'hubspot'

export const destinationTypes: readonly { value: DestinationType; label: string }[] = [
  { value: 'duckdb', label: 'A DuckDB file on this machine' },
  { value: 'bigquery', label: 'Google BigQuery' },
  { value: 'hubspot', label: 'HubSpot' },
]

/** What a destination of each type is usually called. */
export const usualNames: Record<DestinationType, string> = {
  duckdb: 'warehouse',
  bigquery: 'bigquery',
  hubspot: 'crm',
}

/** Asks for the settings that a destination cannot be without, and those that cannot be changed later. */
export function askSettings(
  type: DestinationType,
  environment: NodeJS.ProcessEnv,
): Promise<DestinationAnswer> {
  switch (type) {
    case 'duckdb':
      return askDuckDb()
    case 'bigquery':
      return askBigQuery()
    case 'hubspot':
      return askHubSpot(valueOf(environment, 'HUBSPOT_TOKEN'))
  }
}

async function askDuckDb(): Promise<DestinationAnswer> {
  const path = await askText({
    message: "The file, from the config file's folder on",
    standard: 'qr-codes.duckdb',
    mistake: mistakeIn(duckdbSettings.shape.path),
  })
  return { settings: { type: 'duckdb', path } }
}

async function askBigQuery(): Promise<DestinationAnswer> {
  const { project, dataset, location, key_file } = bigquerySettings.shape
  const settings = {
    type: 'bigquery',
    project: await askText({
      message: 'The Google Cloud project that owns the dataset and pays for queries',
      mistake: mistakeIn(project),
    }),
    dataset: await askText({
      message: 'The dataset; it is made where it is not there',
      standard: 'qr_codes',
      mistake: mistakeIn(dataset),
    }),
    location: await askText({
      message: 'Where it lies, such as EU or europe-west3; cannot be changed later',
      standard: 'US',
      mistake: mistakeIn(location),
    }),
  }
  const keyFile = await askText({
    message: "A service account's key file; nothing for application default credentials",
    standard: '',
    mistake: (path) => (path ? mistakeIn(key_file)(path) : undefined),
  })
  return { settings: { ...settings, ...(keyFile !== '' && { key_file: keyFile }) } }
}

async function askHubSpot(ofEnvironment: string | undefined): Promise<DestinationAnswer> {
  const { token, object } = hubspotSettings.shape
  const settings = {
    type: 'hubspot',
    token:
      ofEnvironment ??
      (await askSecret({
        message: "A service key, or a private app's token",
        mistake: mistakeIn(token),
      })),
    object: await askText({
      message:
        'What a code becomes: qr_code (a custom object: Enterprise), or an object that is there, such as products',
      standard: 'qr_code',
      mistake: mistakeIn(object),
    }),
  }
  return { settings, secret: { setting: 'token', variable: 'HUBSPOT_TOKEN' } }
}
