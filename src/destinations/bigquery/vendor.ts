import { dayMs } from '../../model/durations.ts'
import { z } from 'zod'
import type { Note, Questions, ScanForecast, Vendor } from '../vendor.ts'
import { bigquerySettings, takesOf, type BigQuerySettings } from './settings.ts'

export const bigquery: Vendor<BigQuerySettings> = {
  type: 'bigquery',
  label: 'Google BigQuery',
  usualName: 'bigquery',
  settings: bigquerySettings,
  paths: ['key_file'],
  standIns: {
    project: 'not-set',
    dataset: 'not_set',
    location: 'not-set',
    key_file: 'not-set.json',
    api_endpoint: 'https://not-set.invalid',
  },
  where: ({ project, dataset }) => `${project}.${dataset}`,
  takes: takesOf,
  ask,
  notes: (settings, forecast) => [loadNote(settings, forecast)],
  async open(name, config) {
    const { createBigQueryDestination } = await import('./bigquery-destination.ts')
    return createBigQueryDestination({ name, config })
  },
}

async function ask({ text, choice }: Questions) {
  const { project, dataset, location } = bigquerySettings.shape
  const settings = {
    type: 'bigquery',
    project: await text({
      message: 'The Google Cloud project that owns the dataset and pays for queries',
      setting: project,
    }),
    dataset: await text({
      message: 'The dataset; qrsync creates it if it does not exist',
      standard: 'qr_codes',
      setting: dataset,
    }),
    location: await choice({
      message: 'Its location; cannot be changed later',
      options: [
        { value: 'US', label: 'US (several regions)' },
        { value: 'EU', label: 'EU (several regions)' },
        { value: 'us-central1', label: 'us-central1 (Iowa)' },
        { value: 'europe-west3', label: 'europe-west3 (Frankfurt)' },
        { value: 'europe-west2', label: 'europe-west2 (London)' },
        { value: 'asia-northeast1', label: 'asia-northeast1 (Tokyo)' },
      ],
      setting: location,
    }),
  }
  const keyFile = await text({
    message:
      "A service account's key file (create one at https://console.cloud.google.com/iam-admin/serviceaccounts); leave empty for application default credentials",
    standard: '',
    setting: z.string(),
  })
  return keyFile === '' ? settings : { ...settings, key_file: keyFile }
}

/**
 * BigQuery's daily limit of loads into a table, including failed ones.
 *
 * @see https://cloud.google.com/bigquery/quotas#load_jobs
 */
const loadLimitPerDay = 1_500

/** For the table of scans, which gets the most rows. */
function loadNote({ load }: BigQuerySettings, { scansPerDay }: ScanForecast): Note {
  const loads = loadsPerDay({
    everyMs: load.every,
    rowsPerLoad: load.rows,
    rowsPerDay: Math.ceil(scansPerDay),
  })
  const number = (value: number) => value.toLocaleString('en')
  const text = `at most ${number(loads)} loads per table and day, of ${number(loadLimitPerDay)} that BigQuery allows`
  const advice = loads <= loadLimitPerDay ? '.' : ': too many. Set load.every to a longer time.'
  return { text: text + advice, figures: { loads_per_day: loads, limit_per_day: loadLimitPerDay } }
}

/**
 * Returns the most loads that a table gets in any 24 hours if `rowsPerDay` arrive in the worst order: some in
 * each period of gathering, and all others in one of them.
 *
 * @param policy.everyMs how long rows are gathered; 0: not at all
 */
function loadsPerDay(policy: { everyMs: number; rowsPerLoad: number; rowsPerDay: number }): number {
  const { everyMs, rowsPerLoad, rowsPerDay } = policy
  const periods = everyMs > 0 ? Math.floor(dayMs / everyMs) + 1 : Infinity
  if (rowsPerDay <= periods) return rowsPerDay
  return periods + Math.floor((rowsPerDay - periods) / rowsPerLoad)
}
