import { z } from 'zod'
import { openErasure } from './erase-shape.ts'
import * as part from './parts.ts'

const { connector, count, destination, text, textOrNull, timeOrNull } = part

const gap = z.strictObject({
  id: text('The id of the code'),
  of: z.enum(['scans', 'total']).describe('Scans that it counts, or a total that it shows'),
  landed: count('Scans in the ledger'),
  there: count('Scans there'),
  waiting: count('Of the difference: delivered automatically'),
  refused: count('Of the difference: refused'),
  missing: count('Of the difference: confirmed earlier, but missing'),
  more: count('There, but not in the ledger'),
})

/** What `qrsync verify --json` prints. */
export const verifyShape = z.strictObject({
  connector,
  codes: count('Codes'),
  complete_codes: count('Codes of which every counted scan has landed'),
  landed_scans: count('Scans that have landed'),
  unexplained_scans: count('Scans that are missing without an explanation'),
  lost_scans: count('Scans that are missing and not on their way'),
  uncounted_codes: count('Codes whose scans the API does not count'),
  erased_codes: count('Codes that "qrsync erase" has erased: they are not compared'),
  open_erasures: z.array(openErasure).describe('Destinations that have not erased a code yet'),
  set_aside_rows: count('Malformed rows of the API that qrsync keeps'),
  differences: z.array(part.difference),
  sync_failure: textOrNull('The error code, if the last sync failed and needs manual action'),
  failing: part.failing,
  destinations: z.array(
    z.strictObject({
      destination,
      scans: count('Scans by its own count').nullable(),
      records: count('Codes for which it shows a total').nullable(),
      error: part.problem.nullable().describe('Why it could not be asked'),
      gaps: z.array(gap),
      failures: part.deliveryFailures,
    }),
  ),
  links: z.array(
    z.strictObject({
      destination,
      records: count('Records that were compared'),
      waiting_keys: count('Keys without a record yet'),
      waiting_keys_due_at: timeOrNull(
        'From when on a sync looks the first of them up again; null if none waits, or if the next sync does',
      ),
      error: part.problem.nullable().describe('Why it could not be asked'),
      gaps: z.array(
        z.strictObject({
          id: text('The rule and the record'),
          ledger: count('The total in the ledger'),
          there: count('The total in the record').nullable(),
          why: z.enum(['waiting', 'refused', 'wrong']).describe('What becomes of the difference'),
        }),
      ),
    }),
  ),
  fixed: z
    .strictObject({
      set_aside_landed: count('Malformed rows that can be read now, and have landed'),
      resent: z.array(
        z.strictObject({
          destination,
          delivered: count('Rows delivered again'),
          undelivered: z.array(z.string()).describe('Streams that fail'),
        }),
      ),
    })
    .nullable()
    .describe('With `--fix`: what was done before; null without'),
})
