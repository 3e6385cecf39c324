import { z } from 'zod'
import * as part from './parts.ts'

const { connector, count, flag, text, textOrNull, time, timeOrNull } = part

/** What `qrsync runs --json` prints. */
export const runsShape = z.strictObject({
  connector,
  runs: z
    .array(
      z.strictObject({
        workflow_id: text('Its id in Temporal'),
        run_id: text('The id of the run'),
        title: text('What ran, in words'),
        status: text('RUNNING, COMPLETED, FAILED …, as Temporal names it'),
        outcome: textOrNull('The outcome: done, waiting, rejects, failing, overdue …'),
        calls: count('Calls that it made').nullable(),
        rows: count('Rows that it landed or delivered').nullable(),
        started_at: time('When it started'),
        ended_at: timeOrNull('When it ended; null while it is running'),
        failure: z
          .strictObject({
            type: textOrNull('The error code'),
            message: text('Why its activity is tried again'),
          })
          .nullable()
          .describe('Null if all goes well'),
      }),
    )
    .describe('Running ones first'),
  actions: z
    .array(
      z.strictObject({
        at: time('When it was done'),
        action: text(
          'pause, resume, sync, backfill, pause backfill, resume backfill, replay, refill, resend, resync or erase',
        ),
        via: z.enum(['command', 'page']).describe('Where somebody did it'),
        user: textOrNull("The operating system's user of a command; null if it is not known, as on the page"),
        destination: textOrNull('The destination that it was about'),
        qr_code_id: textOrNull('The code that it was about'),
        details: textOrNull('The rest, in words'),
      }),
    )
    .describe('What people have done manually, the most recent first'),
  views: z
    .array(
      z.strictObject({
        name: text('The name of the view'),
        query: text('Its query'),
        url: textOrNull('Opens it; null if the address of the UI is not known'),
      }),
    )
    .describe('Views of the Temporal UI'),
})

/** What `qrsync export --json` prints. */
export const exportShape = z.strictObject({
  connector,
  destination: part.destination,
  files: z
    .array(
      z.strictObject({
        path: text('The file'),
        rows: count('Rows in it'),
        size_bytes: count('Its size'),
      }),
    )
    .describe('A file for each table'),
})

/** What `qrsync logs --json` prints. */
export const logsShape = z.strictObject({
  connector,
  entries: z
    .array(
      z.strictObject({
        at: time('When it happened'),
        kind: z
          .enum(['call', 'refused row', 'failing stream', 'change of the API', 'alert'])
          .describe('What it is about'),
        is_problem: flag('Whether something went wrong'),
        text: text('What happened'),
      }),
    )
    .describe('In the order in which they happened'),
})

/** What `qrsync alerts test --json` prints. */
export const alertsTestShape = z.strictObject({
  connector,
  channels: z.array(
    z.strictObject({
      channel: text('The channel in the config file'),
      at_least: text('The lowest severity that it gets'),
      is_sent: flag('Whether it accepted the test alert'),
      error: textOrNull('Why it did not'),
    }),
  ),
})
