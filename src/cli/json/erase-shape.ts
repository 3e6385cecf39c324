import { z } from 'zod'
import * as part from './parts.ts'

const { connector, destination, flag, text, textOrNull } = part

/** A destination that has not erased a code yet. */
export const openErasure = z.strictObject({
  destination,
  qr_code_id: text('The code'),
  problem: textOrNull('Why not; null if nothing has failed'),
})

/** What `qrsync erase --json` prints. */
export const eraseShape = z.strictObject({
  connector,
  qr_code_id: text('The code'),
  erased_rows: z.record(z.string(), z.int().nonnegative()).describe('Rows that the ledger had, by stream'),
  erased_set_aside_rows: z.int().nonnegative().describe('Malformed rows of the code that were set aside'),
  ledger_remains: z.array(z.string()).describe('What stays in the files of the ledger, and for how long'),
  destinations: z
    .array(
      z.strictObject({
        destination,
        erased: flag('It has erased the code'),
        problem: textOrNull('Why it has not'),
        is_retried: flag('A later delivery tries again'),
        shared_with: z
          .array(z.string())
          .describe(
            'Other connectors of the ledger that write to the same place: their rows of the code are erased there, too',
          ),
        remains: z.array(z.string()).describe('What stays there, why, and for how long'),
      }),
    )
    .describe('Each destination of the config file, and those that have left it'),
})
