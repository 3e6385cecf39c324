import { toTime } from '../../model/to-time.ts'
import type { DeliveredStream, StreamName, SummaryName } from '../../streams/streams.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import type { LinkRule } from '../../streams/summaries.ts'
import { dayMs } from '../../model/durations.ts'
import type { ConnectorState } from '../../ledger/connector/connector-state.ts'
import type { DeliveryKey } from '../../ledger/deliveries/batch.ts'
import { readDelivery, type Delivery } from '../../ledger/deliveries/deliveries.ts'
import { readDeliveryFailures, type DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { storedId } from '../../ledger/base/stored-id.ts'
import { keyOf } from '../../ledger/summaries/link-key.ts'
import { linkKeyId, nextLookMs, readLinkKeys } from '../../ledger/summaries/link-keys.ts'
import { linkRowId } from '../../ledger/summaries/read-summaries.ts'
import { readChangedCodes } from '../read-backlog.ts'
import type { DeliveredRow, DestinationStage } from './explanation.ts'

/** A destination, with what is known about it without connecting to it. */
export interface ExplainedDestination {
  name: string
  type: string
  streams: readonly DeliveredStream[]
  gatherMs: number
  linkRules?: readonly LinkRule[]
}

/** The row that the user asks about. */
export interface SoughtRow {
  stream: 'qr_codes' | 'scans'
  id: string
  seq: number
  /** The code whose summaries contain the row; null if the list has not reported it. */
  code: QrCode | null
}

interface Seen {
  ledger: Ledger
  state: ConnectorState
  destination: ExplainedDestination
  failures: readonly DeliveryFailure[]
  nowMs: number
}

export async function explainDelivery(
  ledger: Ledger,
  state: ConnectorState,
  destination: ExplainedDestination,
  row: SoughtRow,
  nowMs: number,
): Promise<DestinationStage> {
  const { name, type, streams } = destination
  const place = { connector: state.connector, destination: name }
  const failures = await readDeliveryFailures(ledger, place, streams)
  const seen: Seen = { ledger, state, destination, failures, nowMs }
  const rows: DeliveredRow[] = []
  for (const stream of streams) {
    if (stream === row.stream) rows.push(await explainRow(seen, stream, row))
    if (row.code === null) continue
    if (stream === 'code_summaries') rows.push(await explainSummary(seen, stream, row.code.id, row.code.id))
    if (stream === 'link_summaries') rows.push(...(await explainLinks(seen, stream, row.code)))
  }
  return { destination: name, type, rows }
}

async function explainRow(seen: Seen, stream: StreamName, { id, seq }: SoughtRow): Promise<DeliveredRow> {
  const { ledger, state, destination } = seen
  const key = { connector: state.connector, destination: destination.name, stream }
  const delivery = await readDelivery(ledger, key)
  const watermarkSeq = delivery?.watermarkSeq ?? 0
  const refused = await readRefusal(ledger, key, id)
  // A code that has changed since the refusal counts as another row.
  if (refused !== null && (seq <= watermarkSeq || refused.seq === seq)) {
    return toRefused(seen, stream, id, refused)
  }
  if (seq <= watermarkSeq) return confirmed(stream, id)
  const { rows } = await ledger
    .selectFrom(stream)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', state.connector)
    .where('seq', '>', watermarkSeq)
    .where('seq', '<', seq)
    .executeTakeFirstOrThrow()
  return { ...waiting(seen, stream, id, delivery), rows_before: rows }
}

async function explainSummary(
  seen: Seen,
  stream: SummaryName,
  id: string,
  codeId: string,
): Promise<DeliveredRow> {
  const { ledger, state, destination } = seen
  const key = { connector: state.connector, destination: destination.name, stream }
  const delivery = await readDelivery(ledger, key)
  const changed = await readChangedCodes(ledger, state, stream, delivery)
  const isWaiting = changed === 'all' || changed.has(storedId(codeId))
  const refused = await readRefusal(ledger, key, id)
  if (refused !== null && !isWaiting) return toRefused(seen, stream, id, refused)
  return isWaiting ? waiting(seen, stream, id, delivery) : confirmed(stream, id)
}

/** Returns one row for each rule by which the code names a record. */
async function explainLinks(seen: Seen, stream: 'link_summaries', code: QrCode): Promise<DeliveredRow[]> {
  const { ledger, state, destination } = seen
  const place = { connector: state.connector, destination: destination.name }
  const known = await readLinkKeys(ledger, place)
  const rows: DeliveredRow[] = []
  for (const rule of destination.linkRules ?? []) {
    const named = keyOf(code, rule)
    if (named === null) continue
    const id = linkKeyId({ rule: rule.name, key: named.key })
    const link = known.get(id)
    const refused = link?.isRefused === true ? await readRefusal(ledger, { ...place, stream }, id) : null
    if (refused !== null) rows.push(toRefused(seen, stream, id, refused))
    else if (link === undefined || link.lookedAtMs === 0) {
      rows.push(waiting(seen, stream, id, await readDelivery(ledger, { ...place, stream })))
    } else if (link.recordId === null) {
      rows.push({
        ...confirmed(stream, id),
        state: 'no_record',
        since: toTime(link.lookedAtMs),
        next_try_at: link.isRequested ? null : toTime(nextLookMs(link.lookedAtMs)),
      })
    } else {
      const rowId = linkRowId({ rule: rule.name, record: link.recordId })
      rows.push(await explainSummary(seen, stream, rowId, code.id))
    }
  }
  return rows
}

interface Refusal {
  seq: number
  reason: string
  attempts: number
  rejected_at_ms: number
  replay: number
  again_at_ms: number | null
}

async function readRefusal(ledger: Ledger, key: DeliveryKey, id: string): Promise<Refusal | null> {
  const { connector, destination, stream } = key
  const refusal = await ledger
    .selectFrom('rejects')
    .select(['seq', 'reason', 'attempts', 'rejected_at_ms', 'replay', 'again_at_ms'])
    .where((eb) => eb.and({ connector, destination, stream, row_id: storedId(id) }))
    .executeTakeFirst()
  return refusal ?? null
}

function toRefused({ nowMs }: Seen, stream: DeliveredStream, id: string, refusal: Refusal): DeliveredRow {
  const { reason, attempts, rejected_at_ms: sinceMs, replay, again_at_ms: againMs } = refusal
  return {
    ...confirmed(stream, id),
    state: 'refused',
    reason,
    attempts,
    since: toTime(sinceMs),
    next_try_at: againMs !== null && againMs > nowMs ? toTime(againMs) : null,
    is_replayed: replay === 1 || (againMs !== null && againMs - sinceMs < dayMs),
  }
}

function waiting(
  { destination, failures, nowMs }: Seen,
  stream: DeliveredStream,
  id: string,
  delivery: Delivery | null,
): DeliveredRow {
  const row: DeliveredRow = { ...confirmed(stream, id), state: 'waiting', why: 'behind' }
  const failure = failures.find((each) => each.stream === stream)
  if (failure !== undefined) {
    return {
      ...row,
      why: 'failing',
      reason: `${failure.code}: ${failure.message}`,
      attempts: failure.attempts,
      since: toTime(failure.sinceMs),
      next_try_at: toTime(failure.retryAtMs),
    }
  }
  const gatheredMs = (delivery?.drainedAtMs ?? -Infinity) + destination.gatherMs
  return gatheredMs > nowMs ? { ...row, why: 'gathering', next_try_at: toTime(gatheredMs) } : row
}

function confirmed(stream: DeliveredStream, id: string): DeliveredRow {
  return {
    stream,
    id,
    state: 'confirmed',
    why: null,
    reason: null,
    attempts: null,
    since: null,
    next_try_at: null,
    is_replayed: false,
    rows_before: null,
  }
}
