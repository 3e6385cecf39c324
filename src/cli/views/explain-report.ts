import type {
  CodeStage,
  DeliveredRow,
  DestinationStage,
  ErasedStage,
  Explanation,
  UnknownStage,
} from '../../insight/explain/explanation.ts'
import { whyMissing } from '../../report/missing-scans.ts'
import { describeFailing } from './failing.ts'
import { count, duration, number, time } from './format.ts'

const labelWidth = 12

/** Describes each stage on one line, in order, and at the end whether anything has to be done. */
export function describeExplanation(explanation: Explanation, nowMs: number): string {
  const { scan, code, set_aside: setAside, destinations, unknown, erased } = explanation
  return [
    titleOf(explanation),
    ...(code === null ? [] : codeLines(code, nowMs)),
    ...(scan === null ? [] : [line('Landed', landedText(scan))]),
    ...setAside.map((row) =>
      line('Set aside', `${row.reason} (sent ${shown(row.first_seen)}, last ${shown(row.last_seen)})`),
    ),
    ...(unknown === null ? [] : unknownLines(unknown)),
    ...(erased === null ? [] : erasedLines(erased)),
    ...(scan === null && erased === null ? callLines(explanation) : []),
    ...destinations.flatMap(destinationLines),
    endOf(explanation),
  ].join('\n')
}

function titleOf({ id, kind, code, scan, set_aside: setAside }: Explanation): string {
  if (kind === 'unknown') return `The ledger knows no scan and no code with the id ${id}.`
  const name = code?.name == null ? '' : ` "${code.name}"`
  if (kind === 'code') return `Code ${id}${name}`
  const ofCode = code?.id ?? scan?.qr_code_id ?? setAside[0]?.qr_code_id
  const at = scan === null ? '' : `, scanned ${shown(scan.scanned_at)}`
  return `Scan ${id} of the code ${ofCode ?? 'that is not known'}${name}${at}`
}

function codeLines(code: CodeStage, nowMs: number): string[] {
  const { scans } = code
  const since = code.first_listed_at === null ? '' : ` since ${shown(code.first_listed_at)}`
  const listed = code.deleted ? 'deleted: the API no longer lists it' : `the API lists it${since}`
  const counted =
    scans.listed === null ? 'the API does not say how many' : `${number(scans.listed)} counted by the API`
  const missing = whyMissing(scans, nowMs)
  return [
    line('Listed', listed),
    line('Its scans', `${number(scans.landed)} landed, ${counted}`),
    ...missing.map((text) => line('', text)),
    ...(code.waiting_since === null
      ? []
      : [line('', `scans have been waiting for a call since ${shown(code.waiting_since)}`)]),
    ...(code.history_waits ? [line('', historyText(code))] : []),
    ...(code.freshness_ms === null
      ? []
      : [line('Freshness', `the config file asks for ${duration(code.freshness_ms / 3_600_000)}`)]),
  ]
}

function historyText({ history_paused_since: since }: CodeStage): string {
  if (since === null) {
    return 'its older scans are fetched with spare calls: see "qrsync backfill status"'
  }
  return `the backfill of its older scans has been paused since ${shown(since)}: resume it with "qrsync backfill resume"`
}

function landedText({ landed_at: at, call, position }: NonNullable<Explanation['scan']>): string {
  const by = call === null ? '' : `, by the call ${call.endpoint} (${call.purpose}) of ${shown(call.sent_at)}`
  return `${at === null ? 'yes' : shown(at)}${by}; position ${number(position)}`
}

/** Says what the next call waits for. */
function callLines(explanation: Explanation): string[] {
  const { failing, sync_failure, calls_paused_until, month_spent_until, listed_at, next_look_at } =
    explanation
  const lines = describeFailing(failing).map((text) => line('Fails', text))
  if (sync_failure !== null) {
    lines.push(line('Fails', `the last sync failed: ${sync_failure}. "qrsync status" shows what to do`))
  }
  if (month_spent_until !== null) {
    lines.push(
      line(
        'Calls',
        `all calls of the month are used; new ones are available from ${shown(month_spent_until)}`,
      ),
    )
  } else if (calls_paused_until !== null) {
    lines.push(line('Calls', `none before ${shown(calls_paused_until)}: see "qrsync status"`))
  }
  const last = listed_at === null ? 'not read yet' : `last read ${shown(listed_at)}`
  const next = next_look_at === null ? '' : `; the planner runs next at ${shown(next_look_at)}`
  return [...lines, line('List', `${last}${next}`)]
}

function unknownLines(unknown: UnknownStage): string[] {
  const told: [number, string][] = [
    [
      unknown.waiting_scans,
      `${count(unknown.waiting_scans, 'scan')} of ${count(unknown.waiting_codes, 'code')} wait for a call; this may be one of them`,
    ],
    [
      unknown.searched_codes,
      `qrsync is searching for late scans of ${count(unknown.searched_codes, 'code')}`,
    ],
    [
      unknown.not_found_scans,
      `${count(unknown.not_found_scans, 'scan')} that the API counts could not be found: see "qrsync verify"`,
    ],
    [
      unknown.set_aside_without_id,
      `${count(unknown.set_aside_without_id, 'row')} without a readable id are set aside: see "qrsync rejects list"`,
    ],
    [
      unknown.history_codes,
      `older scans of ${count(unknown.history_codes, 'code')} are not fetched yet: see "qrsync backfill status"`,
    ],
    [
      unknown.deleted_codes,
      `${count(unknown.deleted_codes, 'code')} ${were(unknown.deleted_codes)} deleted before all their scans were fetched`,
    ],
    [
      unknown.failing_codes,
      `calls for ${count(unknown.failing_codes, 'code')} fail: "qrsync status" shows why`,
    ],
    [
      unknown.erased_codes,
      `${count(unknown.erased_codes, 'code')} ${were(unknown.erased_codes)} erased with all scans: the ledger does not know which scans`,
    ],
  ]
  const lines = told.filter(([rows]) => rows > 0).map(([, text]) => line('Perhaps', text))
  return [
    ...lines,
    line('Perhaps', 'it was created after qrsync last read the list of codes'),
    line('Perhaps', 'it belongs to another account, or the id is mistyped'),
  ]
}

function erasedLines({ at, open }: ErasedStage): string[] {
  return [
    line('Erased', `${shown(at)}, with its scans and analytics; "qrsync runs" shows who did it`),
    ...open.map(({ destination, problem }) =>
      line(destination, `has not erased it yet${problem === null ? '' : `: ${problem}`}`),
    ),
  ]
}

function destinationLines({ destination, rows }: DestinationStage): string[] {
  if (rows.length === 0) return [line(destination, 'accepts no stream with this row')]
  return rows.map((row) => line(destination, `${placeOf(row)}: ${rowText(row)}`))
}

function placeOf({ stream, id }: DeliveredRow): string {
  if (stream === 'code_summaries') return 'in the record of its code'
  return stream === 'link_summaries' ? `in the linked record ${id}` : stream
}

function rowText(row: DeliveredRow): string {
  switch (row.state) {
    case 'confirmed':
      return 'confirmed'
    case 'no_record':
      return `no such record exists yet; last checked ${shownOr(row.since, 'never')}, again with ${nextSync(row.next_try_at)}`
    case 'refused':
      return `refused ${shownOr(row.since, '')} (${count(row.attempts ?? 1, 'time')}): ${row.reason ?? ''} ${replayText(row)}`
    case 'waiting':
      return waitingText(row)
  }
}

/** The sync that looks a key up again. */
function nextSync(nextTryAt: string | null): string {
  return nextTryAt === null ? 'the next sync' : `the first sync after ${shown(nextTryAt)}`
}

function replayText({ is_replayed: isReplayed, next_try_at: next }: DeliveredRow): string {
  if (!isReplayed) {
    const also = next === null ? '' : ` (sent again at ${shown(next)} in any case)`
    return `→ fix the cause, then "qrsync rejects replay"${also}`
  }
  return next === null ? '→ sent again with the next delivery' : `→ sent again at ${shown(next)}`
}

function waitingText({
  why,
  reason,
  since,
  attempts,
  next_try_at: next,
  rows_before: before,
}: DeliveredRow): string {
  if (why === 'failing') {
    const end = `since ${shownOr(since, '')}, attempt ${number(attempts ?? 1)}, next try ${shownOr(next, '')}`
    return `waits because the stream is failing: ${reason ?? ''} (${end})`
  }
  if (why === 'gathering') return `waits: rows are collected into one batch until ${shownOr(next, '')}`
  const queue = before === null || before === 0 ? '' : `, behind ${count(before, 'row')}`
  return `waits for the next delivery${queue}`
}

function endOf({ state, kind }: Explanation): string {
  switch (state) {
    case 'complete':
      return kind === 'code'
        ? 'The code and its scans are in every destination.'
        : 'It is in every destination.'
    case 'on_its_way':
      return 'It is on its way. It arrives automatically while a worker runs.'
    case 'stuck':
      return 'It is stuck. The lines above say why.'
    case 'erased':
      return 'qrsync never fetches it again. The code itself is still at QRCodeStack, unless somebody deletes it there.'
    case 'unknown':
      return '"qrsync verify" compares all codes with the API\'s count; "qrsync sync --now" fetches everything new.'
  }
}

const line = (label: string, text: string) => `${label.padEnd(labelWidth)} ${text}`
const shown = (at: string) => time(Date.parse(at))
const shownOr = (at: string | null, otherwise: string) => (at === null ? otherwise : shown(at))

const were = (codes: number) => (codes === 1 ? 'was' : 'were')
