import { z } from 'zod'
import { alertSettings } from './settings/alert-settings.ts'
import { budgetSettings } from './settings/budget-settings.ts'
import { codeRules } from './settings/code-rules.ts'
import { destinationsSettings } from './destinations.ts'
import { ledgerSettings } from './settings/ledger-settings.ts'
import { name } from './values/name.ts'
import { observabilitySettings } from './settings/observability-settings.ts'
import { privacySettings } from './settings/privacy-settings.ts'
import { scheduleSettings } from './settings/schedule-settings.ts'
import { sourceSettings } from './settings/source-settings.ts'
import { temporalSettings } from './settings/temporal-settings.ts'

/**
 * The config file, `qrsync.yaml`. Its relative paths start at its own folder. `meta` describes a setting for
 * editors and docs/configuration.md; `prefault` is its default, written as in the file.
 */
export const configSchema = z.strictObject({
  connector: name.meta({
    description: "The connector's name, part of every id in the Temporal UI and of every row in the ledger.",
    examples: ['acme'],
  }),
  source: sourceSettings,
  destinations: destinationsSettings,
  ledger: ledgerSettings,
  schedule: scheduleSettings,
  budget: budgetSettings,
  analytics: z
    .boolean('true or false')
    .prefault(true)
    .meta({
      description: "Whether to sync the API's own counts too, by day and by device, browser and location.",
      examples: [false],
    }),
  codes: codeRules,
  privacy: privacySettings,
  allow_http: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'true or false')
    .prefault(false)
    .meta({
      description:
        'Whether addresses beyond this machine may begin with `http:`, and whether `temporal.api_key` may go without TLS. Everybody on the way can then read keys, tokens and rows.',
      examples: [true],
    }),
  temporal: temporalSettings,
  observability: observabilitySettings,
  alerts: alertSettings,
})

export interface Config extends Omit<z.output<typeof configSchema>, 'ledger'> {
  ledger: LedgerPlace
}

export interface LedgerPlace {
  /** A file, absolute, or the URL of a PostgreSQL database. */
  location: string
  /** The folder on this machine for files that belong to the ledger; absolute. */
  folder: string
  /** How long the list of calls is kept (ms); undefined if for good. */
  keepCallsMs?: number
}

export type CodeRule = Config['codes'][number]

export type ObservabilityConfig = Config['observability']

export type PrivacyConfig = NonNullable<Config['privacy']>
