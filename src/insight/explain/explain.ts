import { toTime, toTimeOrNull } from '../../model/to-time.ts'
import { gateOf } from '../../ledger/calls/gate.ts'
import { readMonth } from '../../ledger/calls/months.ts'
import { historyOf, type PlannedCode } from '../../budget/planned-code.ts'
import { periodOf } from '../../budget/windows.ts'
import { readPlannedCodes, type CodeSettings } from '../../ledger/codes/read-plan-input.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import { countErased, readErasedAtMs, readOpenErasures } from '../../ledger/erasure/erasures.ts'
import { readCodesInSearch } from '../../ledger/scans/read-gap-search.ts'
import { readSetAside } from '../../ledger/scans/set-aside.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { storedId } from '../../ledger/base/stored-id.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import type { Difference } from '../../report/report-data.ts'
import { readDifferenceOf } from '../read-differences.ts'
import { readFailingReport, type FailingReport } from '../read-failing-report.ts'
import { explainDelivery, type ExplainedDestination, type SoughtRow } from './explain-delivery.ts'
import type {
  CodeStage,
  DestinationStage,
  ErasedStage,
  Explanation,
  ScanStage,
  UnknownStage,
} from './explanation.ts'

/** The question, with what the config file says. */
export interface Question {
  id: string
  destinations: readonly ExplainedDestination[]
  settingsOf: CodeSettings
}

/** Returns where a scan or a code is, and why it is not further. It reads only the ledger. */
export async function explain(
  ledger: Ledger,
  state: ConnectorState,
  { id, destinations, settingsOf }: Question,
  nowMs: number,
): Promise<Explanation> {
  const { connector } = state
  const ownCode = await readCode(ledger, connector, id)
  const scan = ownCode === null ? await readScan(ledger, connector, id) : null
  const setAside = ownCode === null ? await readSetAside(ledger, { connector, id }, { limit: 10 }) : []
  const codeId = scan?.stage.qr_code_id ?? setAside[0]?.qr_code_id ?? ''
  const code = ownCode ?? (codeId === '' ? null : await readCode(ledger, connector, codeId))
  const stage = code === null ? null : await toCodeStage(ledger, state, code, settingsOf, nowMs)
  const sought = soughtRow(id, ownCode, scan, code)
  const stages: DestinationStage[] = []
  if (sought !== null) {
    for (const destination of destinations) {
      stages.push(await explainDelivery(ledger, state, destination, sought, nowMs))
    }
  }
  const isKnown = sought !== null || setAside.length > 0
  const erased = isKnown ? null : await readErased(ledger, connector, { id, destinations })
  const failing = await readFailingReport(ledger, connector, nowMs)
  const period = periodOf(nowMs, state.month_resets_at_ms)
  const { calls } = await readMonth(ledger, connector, period.key)
  const gate = gateOf(state)
  const explanation: Explanation = {
    connector,
    id,
    kind: kindOf(ownCode !== null || erased !== null, isKnown),
    state: 'unknown',
    code: stage,
    scan: scan?.stage ?? null,
    set_aside: setAside.map((row) => ({
      stream: row.stream,
      qr_code_id: row.qr_code_id === '' ? null : row.qr_code_id,
      reason: row.reason,
      first_seen: toTime(row.first_seen_ms),
      last_seen: toTime(row.last_seen_ms),
    })),
    failing: concerning(failing, code?.id ?? null),
    sync_failure: state.sync_failure,
    calls_paused_until: gate !== null && gate.untilMs > nowMs ? toTime(gate.untilMs) : null,
    month_spent_until: calls >= state.calls_per_month ? toTime(period.endMs) : null,
    listed_at: toTimeOrNull(state.listed_at_ms),
    next_look_at: toTimeOrNull(state.next_look_at_ms),
    destinations: stages,
    unknown: isKnown || erased !== null ? null : await readUnknown(ledger, state, failing, nowMs),
    erased,
  }
  explanation.state = stateOf(explanation)
  return explanation
}

function kindOf(isCode: boolean, isKnown: boolean): Explanation['kind'] {
  if (isCode) return 'code'
  return isKnown ? 'scan' : 'unknown'
}

async function readErased(
  ledger: Ledger,
  connector: string,
  { id, destinations }: Pick<Question, 'id' | 'destinations'>,
): Promise<ErasedStage | null> {
  const erasedAtMs = await readErasedAtMs(ledger, { connector, qrCodeId: id })
  if (erasedAtMs === null) return null
  const open = await readOpenErasures(ledger, connector, new Set(destinations.map(({ name }) => name)))
  return { at: toTime(erasedAtMs), open: open.filter(({ qr_code_id: code }) => code === storedId(id)) }
}

interface KnownCode {
  id: string
  seq: number
  row: QrCode
  firstListedMs: number | null
  landedMs: number
  dueSinceMs: number | null
}

async function readCode(ledger: Ledger, connector: string, id: string): Promise<KnownCode | null> {
  const code = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'seq', 'row', 'first_listed_at_ms', 'landed_at_ms', 'due_since_ms'])
    .where((eb) => eb.and({ connector, id: storedId(id) }))
    .executeTakeFirst()
  if (code === undefined) return null
  return {
    id: code.id,
    seq: code.seq,
    row: JSON.parse(code.row) as QrCode,
    firstListedMs: code.first_listed_at_ms,
    landedMs: code.landed_at_ms,
    dueSinceMs: code.due_since_ms,
  }
}

/** No index finds a scan without its code: in a large ledger this may take seconds. */
async function readScan(
  ledger: Ledger,
  connector: string,
  id: string,
): Promise<{ seq: number; stage: ScanStage } | null> {
  const scan = await ledger
    .selectFrom('scans')
    .select(['seq', 'qr_code_id', 'scanned_at_ms', 'landed_at_ms'])
    .where((eb) => eb.and({ connector, id: storedId(id) }))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (scan === undefined) return null
  // A call is settled in the transaction that lands its rows.
  const call = await ledger
    .selectFrom('calls')
    .select(['endpoint', 'purpose', 'sent_at_ms'])
    .where((eb) => eb.and({ connector, qr_code_id: scan.qr_code_id, settled_at_ms: scan.landed_at_ms }))
    .where('outcome', '=', 'ok')
    .limit(1)
    .executeTakeFirst()
  return {
    seq: scan.seq,
    stage: {
      qr_code_id: scan.qr_code_id,
      scanned_at: toTime(scan.scanned_at_ms),
      landed_at: scan.landed_at_ms === 0 ? null : toTime(scan.landed_at_ms),
      position: scan.seq,
      call:
        call === undefined
          ? null
          : { endpoint: call.endpoint, purpose: call.purpose, sent_at: toTime(call.sent_at_ms) },
    },
  }
}

function soughtRow(
  id: string,
  ownCode: KnownCode | null,
  scan: { seq: number } | null,
  code: KnownCode | null,
): SoughtRow | null {
  if (ownCode !== null) return { stream: 'qr_codes', id, seq: ownCode.seq, code: ownCode.row }
  return scan === null ? null : { stream: 'scans', id, seq: scan.seq, code: code?.row ?? null }
}

async function toCodeStage(
  ledger: Ledger,
  state: ConnectorState,
  code: KnownCode,
  settingsOf: CodeSettings,
  nowMs: number,
): Promise<CodeStage> {
  const scans = await readDifferenceOf(ledger, state, code.id, nowMs)
  if (scans === null) throw new Error(`the code ${code.id} is not in the ledger any more`)
  const planned = await readPlannedCodes(ledger, state, { settingsOf: null, hasAnalytics: false }, nowMs)
  const own = planned.codes.find(({ id }) => id === code.id)
  const { priority, targetMs } = settingsOf({ id: code.id, name: scans.name })
  const historyWaits = own !== undefined && historyOf(own, planned.list.tells) !== null
  return {
    id: code.row.id,
    name: scans.name,
    deleted: scans.deleted,
    first_listed_at: toTimeOrNull(code.firstListedMs),
    changed_at: code.landedMs === 0 ? null : toTime(code.landedMs),
    scans,
    waiting_since: scans.deleted ? null : toTimeOrNull(code.dueSinceMs),
    history_waits: historyWaits,
    history_paused_since: historyWaits ? toTimeOrNull(state.history_paused_at_ms) : null,
    freshness_ms: targetMs,
    priority,
  }
}

/** Outages, and failures of the account and of this code. */
function concerning({ failures, outages }: FailingReport, codeId: string | null): FailingReport {
  return {
    failures: failures.filter(({ qr_code_id: id }) => id === null || id === codeId),
    outages,
  }
}

async function readUnknown(
  ledger: Ledger,
  state: ConnectorState,
  { failures }: FailingReport,
  nowMs: number,
): Promise<UnknownStage> {
  const { connector } = state
  const { codes, list } = await readPlannedCodes(
    ledger,
    state,
    { settingsOf: null, hasAnalytics: false },
    nowMs,
  )
  const waiting = codes.map(waitingOf).filter((scans) => scans > 0)
  const counts = await ledger
    .selectFrom('qr_codes')
    .select((eb) => [
      eb.fn.sum<number | null>('gap_accepted').as('not_found'),
      eb.fn
        .countAll<number>()
        .filterWhere('deleted', '=', 1)
        .filterWhere(eb('listed_scan_count', '>', eb.ref('landed_scans')))
        .as('deleted'),
    ])
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow()
  const { rows } = await ledger
    .selectFrom('set_aside')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', connector)
    .where('row_id', 'is', null)
    .executeTakeFirstOrThrow()
  return {
    waiting_scans: waiting.reduce((sum, scans) => sum + scans, 0),
    waiting_codes: waiting.length,
    searched_codes: (await readCodesInSearch(ledger, connector)).length,
    not_found_scans: counts.not_found ?? 0,
    set_aside_without_id: rows,
    history_codes: codes.filter((code) => historyOf(code, list.tells) !== null).length,
    deleted_codes: counts.deleted,
    failing_codes: new Set(failures.flatMap(({ qr_code_id: id }) => id ?? [])).size,
    erased_codes: await countErased(ledger, connector),
  }
}

const waitingOf = ({ pending, history }: PlannedCode) => pending + (history ?? 0)

function stateOf(explanation: Explanation) {
  const { kind, code, scan, set_aside, failing, sync_failure, destinations, erased } = explanation
  if (erased !== null) return 'erased'
  if (kind === 'unknown') return 'unknown'
  const rows = destinations.flatMap((each) => each.rows)
  const isRefused = rows.some((row) => (row.state === 'refused' && !row.is_replayed) || row.why === 'failing')
  const isSetAside = scan === null && set_aside.length > 0
  const ofCode = kind === 'code' && code !== null ? code.scans : null
  const isFailing = failing.failures.length + failing.outages.length > 0 || sync_failure !== null
  // A scan that has landed needs no further call.
  const isMissing = ofCode !== null && (isFailing || lostScans(ofCode) > 0)
  if (isRefused || isSetAside || isMissing) return 'stuck'
  const isWaiting =
    rows.some(({ state }) => state === 'waiting' || state === 'refused') ||
    (ofCode !== null && ofCode.pending + ofCode.late > 0)
  return isWaiting ? 'on_its_way' : 'complete'
}

function lostScans({ not_handed_out, gone_with_code, unexplained, set_aside }: Difference): number {
  return not_handed_out + gone_with_code + unexplained + set_aside
}
