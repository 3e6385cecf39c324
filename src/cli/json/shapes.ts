import { z } from 'zod'
import { alertsTestShape, exportShape, logsShape, runsShape } from './history-shapes.ts'
import { eraseShape, openErasure } from './erase-shape.ts'
import * as part from './parts.ts'
import { applyShape, upgradeShape } from './setup-shapes.ts'
import { statusShape } from './status-shape.ts'
import { verifyShape } from './verify-shape.ts'

const { connector, count, destination, flag, text, textOrNull, time, timeOrNull, undelivered } = part

/** What any command prints instead of its result if it fails. */
export const errorShape = z.strictObject({
  error: z.strictObject({
    code: text(
      'The error code (README: Errors); `NO_ANSWER` if the command has nothing to work on, `USAGE` for a wrong command line, `BUG` for anything unexpected',
    ),
    message: text('What happened, where, and what to do'),
    exit_code: z.int().describe('1 or 2'),
  }),
})

const setAside = {
  set_aside_rows: count('Malformed rows of the API that qrsync keeps'),
}

const firstSync = z.looseObject({
  connector,
  codes: count('Codes that the API lists'),
  scans: count('Scans that have landed'),
  calls: count('Calls since the command started'),
  refused: count('Calls that the API answered with 429'),
  seconds: z.number().describe('From the start of the command until the last row was delivered'),
  temporal_ready_seconds: z.number().describe('Until Temporal answered'),
  failures: part.failures,
  ...setAside,
  waits: part.waits,
  undelivered,
})

const forecast = z.strictObject({
  ...part.lags,
  simulated_days: z.number().describe('Days that were simulated; calls are scaled up to 30'),
  calls_per_month: count('Calls that the plan allows'),
  calls: z.record(z.string(), z.number()).describe('Calls in 30 days, by purpose'),
  codes: count('Codes'),
  scans: z.number().describe('Scans that are expected in 30 days'),
  worst_codes: z
    .array(
      z.strictObject({
        id: text('The id of the code'),
        name: textOrNull('Its name'),
        p95_lag_h: z.number().describe('95 % of its scans land within this time, in hours'),
        scans_per_month: z.number().describe('Its scans in 30 days'),
      }),
    )
    .describe('The codes that wait longest'),
  freshness: z
    .array(
      z.strictObject({
        match: text('The entry of `codes` in the config file'),
        codes: count('Codes that it matches'),
        asked_h: z.number().describe('What it asks for, in hours'),
        achievable_h: z.number().describe('What the calls allow, in hours'),
      }),
    )
    .describe('Freshness targets'),
})

const checkedNeeds = z.array(
  z.strictObject({
    what: text('What qrsync needs there'),
    is_met: flag('Whether it has it'),
    advice: text('What to do').optional(),
  }),
)

const stage = z.looseObject({})

/**
 * What each command prints with `--json`, one object per line. docs/json.md is generated from it, and tests
 * compare commands with it.
 */
export const shapes: Readonly<Record<string, z.ZodType>> = {
  init: z.strictObject({
    config: text('The file that was written'),
    connector,
    destinations: z.array(z.string()).describe('Their names'),
    variables: z.array(z.string()).describe('Environment variables that the file refers to'),
  }),
  check: z.strictObject({
    connector,
    source: z
      .strictObject({
        url: text('The address of the API'),
        account: z
          .strictObject({
            id: text('The id of the account'),
            plan: text('Its plan'),
            calls_this_month: count('Calls counted against this month'),
          })
          .nullable()
          .describe('Null if the API could not be asked'),
        error: part.problem.nullable().describe('Why it could not be asked'),
      })
      .nullable()
      .describe('Null with `--destination`'),
    destinations: z.array(
      z.strictObject({
        destination,
        is_ready: flag('Whether nothing is missing'),
        identity: text('The account and place that qrsync uses there'),
        target: text('What names the place that is written to').optional(),
        needs: checkedNeeds,
        warnings: z.array(z.string()).optional(),
        changed_from: textOrNull('What it wrote to before, if the config file now points to something else'),
        error: part.problem.nullable().describe('Why it could not be asked'),
      }),
    ),
    notes: z
      .array(z.string())
      .describe('Risks: files that others may open, connections that others may read'),
  }),
  plan: z.strictObject({
    connector,
    plan: text('The plan that was simulated'),
    from: time('The first of the 30 days'),
    forecast,
    advanced: forecast.nullable().describe('What the larger plan would give; null if it is not the next one'),
    notes: z.array(z.looseObject({ destination, text: text('What its vendor says to the forecast') })),
    this_month: z
      .strictObject({
        forecast_made_at: time('When the first forecast of the month was made'),
        days: z.number().describe('Days since then'),
        forecast_calls: z.record(z.string(), z.number()).describe('Its calls for these days, by purpose'),
        actual_calls: z.record(z.string(), z.number()).describe('Calls in these days, by purpose'),
        forecast_lag: z.strictObject(part.lags),
        actual_lag: z.strictObject({ ...part.lags, scans: count('Scans that landed') }),
      })
      .nullable()
      .describe('The first forecast of the month next to the actual numbers; null if this is the first'),
  }),
  apply: applyShape,
  upgrade: upgradeShape,
  up: firstSync,
  worker: z.strictObject({
    connectors: z.array(z.string()).describe('The names of the connectors that it serves'),
    task_queue: text('Its task queue in Temporal'),
  }),
  sync: z.union([
    z.strictObject({ connector, started: flag('The planner runs now') }),
    z.strictObject({
      connector,
      calls: count('Calls since the command started'),
      refused: count('Calls that the API answered with 429'),
      waits: part.waits,
      failures: part.failures,
      ...setAside,
      undelivered,
    }),
  ]),
  backfill: z.strictObject({ connector, ...part.history }),
  resync: z.strictObject({
    connector,
    qr_code_id: text('The code'),
    price_calls: count('Calls that were allowed: the price that was shown'),
    calls: count('Calls that were made'),
    landed_scans: count('Scans that landed and were missing'),
    complete: flag('All of the days were read'),
    waits_until: timeOrNull('Until when no call may be made, if that is why it is not complete'),
  }),
  erase: eraseShape,
  deliver: z.strictObject({
    connector,
    destination,
    delivered: count('Rows delivered while the command waited'),
    rejected: count('Rows that it has refused, in all'),
    waiting_keys: count('Keys of links that were looked up, and have no record yet'),
    undelivered,
  }),
  pause: z.strictObject({ connector, paused: flag('Always true'), note: text('The reason') }),
  resume: z.strictObject({ connector, paused: flag('Always false') }),
  status: statusShape,
  usage: z.strictObject({
    connector,
    month_starts_at: time('The first moment of the month'),
    month_ends_at: time('When the limit resets'),
    calls_per_month: count('The limit of the month'),
    calls_this_month: count('Calls counted against it, with those of others'),
    calls_of_others: count('Calls of others'),
    total: z.strictObject(callSums()),
    purposes: z.array(
      z.strictObject({
        endpoint: text('The endpoint of the API'),
        purpose: text('What the calls were for'),
        ...callSums(),
      }),
    ),
    top_codes: z.array(
      z.strictObject({
        id: text('The id of the code'),
        name: textOrNull('Its name'),
        calls: count('Calls'),
        rows: count('Rows that they fetched'),
      }),
    ),
    calls_by_day_cumulative: z
      .array(z.number())
      .describe('Calls up to the end of each day; the last is today'),
  }),
  verify: verifyShape,
  explain: z.looseObject({
    connector,
    id: text('The id that was asked for'),
    kind: z.enum(['code', 'scan', 'unknown']).describe('What it is the id of'),
    state: z
      .enum(['complete', 'on_its_way', 'stuck', 'erased', 'unknown'])
      .describe('Whether anything has to be done'),
    code: stage.nullable().describe('The code, or the code of the scan'),
    scan: stage.nullable().describe('Where the scan landed'),
    failing: part.failing,
    destinations: z.array(stage).describe('Where the row is in each destination'),
    erased: z
      .strictObject({
        at: time('When'),
        open: z.array(openErasure).describe('Destinations that have not erased it yet'),
      })
      .nullable()
      .describe('Set if "qrsync erase" has erased this code'),
  }),
  report: z.looseObject({
    made_at: time('When it was made'),
  }),
  export: exportShape,
  runs: runsShape,
  logs: logsShape,
  'alerts test': alertsTestShape,
  'rejects list': z.strictObject({
    connector,
    rejects: z.array(
      z.strictObject({
        destination,
        stream: text('The stream'),
        id: text('The id of the row'),
        reason: text("The vendor's reason"),
        attempts: count('How often it was refused'),
        rejected_at: time('When it was last refused'),
      }),
    ),
    set_aside: z.array(
      z.strictObject({
        stream: text('The stream'),
        qr_code_id: textOrNull('The code'),
        id: textOrNull('The id of the row, if it has one that can be read'),
        reason: text('What is malformed'),
        json: textOrNull('The row as the API sent it, as far as privacy allows'),
        first_seen_at: time('The API first sent it'),
        last_seen_at: time('The API last sent it'),
        version: text('The version of qrsync that could not read it'),
      }),
    ),
  }),
  'rejects replay': z.strictObject({
    connector,
    replayed: count('Rows that were sent again'),
    refused_again: count('Rows that are still refused'),
    undelivered,
    set_aside_landed: count('Malformed rows that can be read now'),
    set_aside_rows: count('Malformed rows that qrsync keeps'),
  }),
}

function callSums() {
  return {
    calls: count('Calls that the API counts'),
    rows: count('Rows that they fetched'),
    refused: count('Calls answered with 429, which cost nothing'),
    failed: count('Calls that were counted and fetched nothing'),
  }
}

/**
 * Returns the shape of a command by its full name, such as `rejects list`; `backfill run` and its siblings
 * share one.
 */
export function shapeOf(command: string): z.ZodType | undefined {
  return shapes[command] ?? shapes[command.split(' ')[0] ?? '']
}
