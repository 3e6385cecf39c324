import { z } from 'zod'
import * as part from './parts.ts'

const { connector, destination, flag, text, textOrNull } = part

const linesOrNull = (description: string) => z.array(z.string()).nullable().describe(description)

/** What `qrsync apply --json` prints of a connector. */
export const applyShape = z.strictObject({
  connector,
  dry_run: flag('Nothing was changed'),
  changes: z.record(z.string(), z.array(z.string())).describe('Changes, by destination'),
  left_alone: z
    .record(z.string(), z.array(z.string()))
    .describe('What these settings leave as it is, or the vendor forbids, by destination'),
  schedule: linesOrNull('Changes of the Schedule; null if Temporal was not asked'),
  search_attributes: linesOrNull('Changes of search attributes; null if Temporal was not asked'),
  not_done: z.array(z.string()).describe('What was left out or failed, and why'),
})

/** What `qrsync upgrade --json` prints of a connector. */
export const upgradeShape = z.strictObject({
  connector,
  version: text('The version of qrsync that is installed'),
  is_up_to_date: flag('Nothing is to do, and all that could be read was read; `--check` exits with 3 if not'),
  ledger: z.strictObject({
    exists: flag('Whether there is a ledger; if not, the first start creates it'),
    last_migration: textOrNull('The last migration that it has had; null if there is no ledger'),
    pending_migrations: z
      .array(z.strictObject({ name: text('The migration'), text: text('What it does') }))
      .describe('What this version runs when it first opens the ledger; empty if there is none'),
    unknown_migrations: z
      .array(z.string())
      .describe('Migrations of a newer version: this one refuses the ledger'),
    can_go_back: flag('Whether the version that wrote the ledger can still open it afterwards'),
  }),
  destinations: z.array(
    z.strictObject({
      destination,
      changes: linesOrNull('What `qrsync apply` creates or changes there; null if it could not be read'),
      lacks_secrets: flag('Not read, because its keys or tokens are not set here; `--check` does not mind'),
      error: part.problem.nullable().describe('Why it could not be read'),
    }),
  ),
  schedule: linesOrNull('What `qrsync apply` changes of the Schedule; null if Temporal was not asked'),
  search_attributes: linesOrNull('Search attributes that it registers; null if Temporal was not asked'),
  temporal_error: textOrNull(
    'Why Temporal could not be asked; null too if no server is configured or running',
  ),
})
