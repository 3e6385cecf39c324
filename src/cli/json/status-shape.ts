import { z } from 'zod'
import { openErasure } from './erase-shape.ts'
import * as part from './parts.ts'

const { count, flag, text, textOrNull, time, timeOrNull } = part

const budget = z.strictObject({
  calls_this_month: count('Calls counted against this month, with those of others'),
  calls_per_month: count('The limit of the month'),
  month_ends_at: time('When the limit resets'),
  counted_at: timeOrNull('When the API last said how many calls others have made'),
  paused_until: timeOrNull('Until when the API asked for a pause'),
  gate: z
    .strictObject({
      reason: z.enum(['retry_after', 'outage']).describe('The API asked for a pause, or fails'),
      since: time('Since when'),
      text: text("The API's own words"),
      is_probing: flag('One call tries whether it is over'),
    })
    .nullable()
    .describe('Why no call is made; null while calls are made'),
  calls_per_minute: count('Calls that qrsync makes in a minute now'),
  calls_per_minute_limit: count('The limit of the account'),
})

const freshness = z.strictObject({
  waiting_scans: count('Scans that the API has listed and that have not landed'),
  waiting_since: timeOrNull('The oldest of them'),
  listed_at: timeOrNull('When the list of codes was last read'),
  landed: z.strictObject({
    ...part.lags,
    scans: count('Scans that landed in the last 7 days, without those from before the connector was set up'),
  }),
  next_look_at: timeOrNull('When the next call may be worth it'),
})

const destinationStatus = z.strictObject({
  name: part.destination,
  type: text('Its type in the config file'),
  rows_behind: count('Landed rows that it does not have'),
  complete_at: timeOrNull('When it last had everything that had landed by then'),
  refused: count('Rows that it has refused'),
  refill: z
    .strictObject({
      before: text('What it wrote to'),
      now: text('What it writes to'),
      since: time('Since when'),
    })
    .nullable()
    .describe('While it is filled again after a change of what it writes to'),
  waiting_keys: count('Keys of links without a record yet'),
  waiting_keys_due_at: timeOrNull(
    'From when on a sync looks the first of them up again; null if none waits, or if the next sync does',
  ),
  run: part.run.nullable().describe('Its last delivery'),
  failures: part.deliveryFailures,
})

/** What `qrsync status --json` prints of a connector. */
export const statusShape = z.strictObject({
  connector: part.connector,
  plan: textOrNull("The account's plan; null before it is known"),
  at: time('When this was read: all of it is true as of then'),
  last_sync_at: timeOrNull('When a sync last worked: the API answered one of its calls'),
  problems: z.array(z.string()).describe('What needs attention, in words; empty if nothing does'),
  budget,
  freshness,
  history: z.strictObject(part.history),
  codes_without_analytics: count(
    'Codes with landed scans whose analytics are still to come; 0 if the config file turns them off',
  ),
  destinations: z.array(destinationStatus),
  open_erasures: z.array(openErasure).describe('Destinations that have not erased a code yet'),
  set_aside_rows: count('Malformed rows of the API that qrsync keeps'),
  lost_scans: count('Scans that the API counts but that a search did not find'),
  used_up: part.waits,
  sync_failure: textOrNull('The error code, if the last sync failed and needs manual action'),
  clock: textOrNull("That the worker's clock is wrong, and by how much"),
  failing: part.failing,
  config: z
    .strictObject({
      loaded_at: time('When the running process read its config file'),
      problem: textOrNull('Why it cannot use a newer one'),
      needs_restart: textOrNull('What of a newer one needs a restart'),
    })
    .nullable()
    .describe('Of the process that runs; null before there was one'),
  source_changes: z.array(
    z.strictObject({
      field: text('Where it is in the answers of the API'),
      change: z.enum(['new', 'missing', 'type']).describe('What has changed'),
      noticed_at: time('When qrsync noticed it'),
      text: text('What has changed, and what qrsync does with it'),
    }),
  ),
  temporal_error: textOrNull('Why Temporal could not be asked'),
  has_worker: flag(
    'Whether a worker runs, and so retries what fails; null if Temporal could not be asked',
  ).nullable(),
  schedule: z
    .strictObject({
      is_paused: flag('Whether it is paused'),
      note: textOrNull('Why, in the words of the operator who paused it'),
      next_run_at: timeOrNull('When the planner runs next at the latest'),
      task_queue: text('The task queue of its worker'),
      text: textOrNull('When it syncs, in words'),
      running_workflow_ids: z.array(z.string()).describe('Its syncs that are running'),
      last_workflow_id: textOrNull('The last sync that it started'),
    })
    .nullable()
    .describe('Null before "qrsync up" or "qrsync apply" has created it'),
  syncs: z.array(part.run).describe('Running syncs, and the last one'),
})

export type StatusJson = z.infer<typeof statusShape>
