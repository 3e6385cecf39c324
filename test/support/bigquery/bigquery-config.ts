import type { BigQuerySettings } from '../../../src/destinations/bigquery/settings.ts'

export const project = 'test-project'
let datasets = 0

/** The settings of a separate dataset on an emulator. */
export function bigQueryConfig(url: string, changes: Partial<BigQuerySettings> = {}): BigQuerySettings {
  return {
    type: 'bigquery',
    project,
    dataset: `dataset_${process.pid}_${(datasets += 1)}`,
    location: 'EU',
    labels: { team: 'marketing' },
    new_fields: 'json',
    load: { rows: 10_000, every: 0 },
    api_endpoint: url,
    ...changes,
  }
}
