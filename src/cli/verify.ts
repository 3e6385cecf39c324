import { gapDueMs } from '../budget/due-times.ts'
import { stepOfPrice } from '../budget/rule-book.ts'
import { readCompleteness, type CodeCompleteness } from '../ledger/read-completeness.ts'
import { codeName, number, print, table, time } from './format.ts'
import { mustBeSynced, withAccount } from './with-account.ts'

export interface VerifyOptions {
  config: string
  json: boolean
}

const hourMs = 3_600_000

/** A code with a difference, as `--json` prints it. */
interface Difference {
  id: string
  name: string | null
  deleted: boolean
  /** As the API has told last; null where it does not tell. */
  listed: number | null
  landed: number
  /** Landed with the next call. */
  pending: number
  /** Came late, and are searched for … */
  late: number
  /** … from this time on: now, where that is past; null until the planner has said what a call is worth. */
  late_search_at: string | null
  /** Counted by the API, which does not hand them out. */
  not_handed_out: number
  /** The code was deleted before they were landed. */
  gone_with_code: number
  unexplained: number
}

/** `qrsync verify`: holds what the API counts of each code against what is landed. Exits with 1 where scans are lost. */
export async function verify(options: VerifyOptions): Promise<void> {
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const { ledger, state } = account
    const codes = await readCompleteness(ledger, state, Date.now())
    const differences = codes.filter(isDifferent).map((code) => toDifference(code, state.price_ms))
    const totals = {
      codes: codes.length,
      complete_codes: codes.length - differences.length,
      landed_scans: codes.reduce((sum, { landed }) => sum + landed, 0),
      unexplained_scans: differences.reduce((sum, { unexplained }) => sum + unexplained, 0),
    }
    if (options.json) print(JSON.stringify({ connector: state.connector, ...totals, differences }))
    else {
      if (differences.length > 0) print(describe(differences))
      print(
        `${number(totals.complete_codes)} of ${number(totals.codes)} codes complete, ` +
          `${number(totals.landed_scans)} scans landed` +
          (totals.unexplained_scans === 0
            ? '.'
            : `; ${number(totals.unexplained_scans)} are missing, and nothing explains it.`),
      )
    }
    if (totals.unexplained_scans > 0) process.exitCode = 1
  })
}

function isDifferent(code: CodeCompleteness): boolean {
  const { pending, search, gap, notHandedOut, goneWithCode, unexplained } = code
  return search !== null || pending + gap + notHandedOut + goneWithCode + unexplained > 0
}

function toDifference(code: CodeCompleteness, priceMs: number | null): Difference {
  const { id, name, listed, landed, pending, gap, search, notHandedOut, goneWithCode, unexplained } = code
  const dueMs =
    search === null || priceMs === null
      ? null
      : gapDueMs(search, { priceStep: stepOfPrice(priceMs / hourMs) })
  return {
    ...{ id, name, deleted: code.isDeleted, listed, landed, pending, late: search?.scans ?? gap },
    late_search_at: dueMs === null ? null : new Date(dueMs).toISOString(),
    ...{ not_handed_out: notHandedOut, gone_with_code: goneWithCode, unexplained },
  }
}

function describe(differences: readonly Difference[]): string {
  return table(
    ['Code', 'What becomes of the rest', 'Listed', 'Landed'],
    2,
    differences.map((code) => [codeName(code), reasons(code).join('\n'), code.listed ?? '–', code.landed]),
  )
}

function reasons(code: Difference): string[] {
  const told: [number, string][] = [
    [code.pending, 'with the next call'],
    [code.late, `came late: searched for ${searchTime(code.late_search_at)}`],
    [code.not_handed_out, 'counted by the API, which does not hand them out'],
    [code.gone_with_code, 'the code was deleted before they were landed'],
    [code.unexplained, 'missing, and nothing explains it'],
  ]
  return told.filter(([scans]) => scans > 0).map(([scans, reason]) => `${number(scans)} ${reason}`)
}

function searchTime(at: string | null): string {
  if (at === null) return 'once the planner has run'
  const dueMs = Date.parse(at)
  return dueMs <= Date.now() ? 'with the next calls' : `from ${time(dueMs)} on`
}
