import { toTimeOrNull } from '../model/to-time.ts'
import { hourMs } from '../model/durations.ts'
import { gapDueMs } from '../budget/due-times.ts'
import { stepOfPrice } from '../budget/price/rule-book.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { readCompleteness, type CodeCompleteness } from './read-completeness.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { countSetAside } from '../ledger/scans/set-aside.ts'
import type { Difference } from '../report/report-data.ts'

/** Names as in the JSON of `qrsync verify`. */
export interface Verified {
  codes: number
  complete_codes: number
  landed_scans: number
  unexplained_scans: number
  /**
   * Scans that are missing and will not land unless the API changes: unexplained, not found, or deleted with
   * their code.
   */
  lost_scans: number
  /** Codes without a count of the API to compare with. */
  uncounted_codes: number
  /** Malformed rows of the API, of all streams: stored, but not landed. */
  set_aside_rows: number
  differences: Difference[]
}

/** Compares the API's count of each code with what has landed. */
export async function readDifferences(
  ledger: Ledger,
  state: ConnectorState,
  nowMs: number,
): Promise<Verified> {
  const codes = await readCompleteness(ledger, state, nowMs)
  const differences = codes.filter(isDifferent).map((code) => toDifference(code, state.price_ms))
  return {
    codes: codes.length,
    complete_codes: codes.length - differences.length,
    landed_scans: codes.reduce((sum, { landed }) => sum + landed, 0),
    unexplained_scans: differences.reduce((sum, { unexplained }) => sum + unexplained, 0),
    uncounted_codes: codes.filter(({ listed, isDeleted }) => listed === null && !isDeleted).length,
    lost_scans: differences.reduce(
      (sum, code) => sum + code.unexplained + code.not_handed_out + code.gone_with_code,
      0,
    ),
    set_aside_rows: await countSetAside(ledger, { connector: state.connector }),
    differences,
  }
}

/** Compares one code, complete or not; null if the ledger does not know it. */
export async function readDifferenceOf(
  ledger: Ledger,
  state: ConnectorState,
  codeId: string,
  nowMs: number,
): Promise<Difference | null> {
  const [code] = await readCompleteness(ledger, state, nowMs, codeId)
  return code === undefined ? null : toDifference(code, state.price_ms)
}

function isDifferent(code: CodeCompleteness): boolean {
  const { pending, search, gap, notHandedOut, goneWithCode, setAside, unexplained, fallen } = code
  const others = setAside + goneWithCode + unexplained + fallen
  return search !== null || pending + gap + notHandedOut + others > 0
}

function toDifference(code: CodeCompleteness, priceMs: number | null): Difference {
  const { id, name, listed, landed, pending, gap, search, notHandedOut, goneWithCode, unexplained } = code
  const dueMs =
    search === null || priceMs === null
      ? null
      : gapDueMs(search, { priceStep: stepOfPrice(priceMs / hourMs) })
  return {
    id,
    name,
    deleted: code.isDeleted,
    listed,
    landed,
    pending,
    late: search?.scans ?? gap,
    late_search_at: dueMs === null ? null : new Date(dueMs).toISOString(),
    not_handed_out: notHandedOut,
    gone_with_code: goneWithCode,
    set_aside: code.setAside,
    unexplained,
    searched_at: toTimeOrNull(code.searchedMs),
    fallen: code.fallen,
    fell_at: toTimeOrNull(code.fellMs),
  }
}
