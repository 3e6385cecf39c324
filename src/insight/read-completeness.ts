import type { PlannedCode } from '../budget/planned-code.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { readPlannedCodes } from '../ledger/codes/read-plan-input.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** How many scans of a code the API counts, how many have landed, and where the others are. */
export interface CodeCompleteness {
  id: string
  name: string | null
  isDeleted: boolean
  /** As last listed; null if the API sends no counts. */
  listed: number | null
  /** Counted in the ledger. */
  landed: number
  /** Reported, and available with the next call. */
  pending: number
  /** Arrived late, below the cursor; a search for them is running. */
  gap: number
  search: PlannedCode['gap']
  /** Counted by the API, but not found by a search. */
  notHandedOut: number
  /** When such a search last ended (epoch ms). */
  searchedMs: number | null
  /** Landed scans that the API's count no longer includes, and when it fell (epoch ms). */
  fallen: number
  fellMs: number | null
  /** Not landed before the code was deleted. */
  goneWithCode: number
  /** Sent by the API and stored, but not landed, because they are malformed. */
  setAside: number
  /** Scans that none of these numbers explains. */
  unexplained: number
}

/** Compares the listed count of each code, or of one code, with what has landed. */
export async function readCompleteness(
  ledger: Ledger,
  state: ConnectorState,
  nowMs: number,
  codeId?: string,
): Promise<CodeCompleteness[]> {
  const { connector } = state
  const { codes } = await readPlannedCodes(ledger, state, { settingsOf: null, hasAnalytics: false }, nowMs)
  const searches = new Map(codes.map(({ id, gap }) => [id, gap]))
  // One statement sees one moment. Otherwise a page that lands between two statements would seem to be missing.
  const rows = await ledger
    .selectFrom('qr_codes')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom('scans')
          .select((scans) => ['qr_code_id', scans.fn.countAll<number>().as('landed')])
          .where('connector', '=', connector)
          .$if(codeId !== undefined, (query) => query.where('qr_code_id', '=', codeId ?? ''))
          .groupBy('qr_code_id')
          .as('landed_by_code'),
      (join) => join.onRef('landed_by_code.qr_code_id', '=', 'qr_codes.id'),
    )
    .leftJoin('code_histories', (join) =>
      join
        .onRef('code_histories.connector', '=', 'qr_codes.connector')
        .onRef('code_histories.qr_code_id', '=', 'qr_codes.id'),
    )
    .select(['id', 'row', 'deleted', 'listed_scan_count', 'landed_by_code.landed'])
    .select([
      'qr_codes.pending',
      'code_histories.pending as history',
      'due_since_ms',
      'gap',
      'gap_accepted',
      'gap_searched_at_ms',
    ])
    .select(['count_base', 'count_fell_at_ms'])
    .select('set_aside_scans')
    .where('qr_codes.connector', '=', connector)
    .$if(codeId !== undefined, (query) => query.where('id', '=', codeId ?? ''))
    .orderBy('id')
    .execute()
  return rows.map((code) => {
    const search = searches.get(code.id) ?? null
    const known = {
      id: code.id,
      name: (JSON.parse(code.row) as { name: string | null }).name,
      listed: code.listed_scan_count,
      landed: code.landed ?? 0,
      isDeleted: code.deleted === 1,
      pending: 0,
      gap: 0,
      search: null,
      notHandedOut: code.gap_accepted,
      searchedMs: code.gap_accepted > 0 ? code.gap_searched_at_ms : null,
      fallen: code.count_base,
      fellMs: code.count_fell_at_ms,
      unexplained: 0,
      goneWithCode: 0,
      setAside: code.set_aside_scans,
    }
    const expected = known.landed + known.setAside - known.fallen + known.notHandedOut
    const missing = Math.max((known.listed ?? 0) - expected, 0)
    if (known.isDeleted) return { ...known, goneWithCode: missing }
    // If no search is running, the gap is unexplained.
    const gap = search === null ? 0 : code.gap
    if (code.pending > 0 || code.due_since_ms !== null || code.history !== null) {
      return { ...known, pending: Math.max(missing - gap, code.pending + (code.history ?? 0)), gap, search }
    }
    return { ...known, gap, search, unexplained: Math.max(missing - gap, 0) }
  })
}
