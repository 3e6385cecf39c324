import { isSummary, type DeliveredStream, type StreamName, type SummaryName } from '../streams/streams.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { isBehind, lastSeqOf, type Delivery } from '../ledger/deliveries/deliveries.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/**
 * What a destination still has to receive of a stream. The number is the same in `status`, the report, the
 * metrics and the alerts.
 */
export interface StreamBacklog {
  /**
   * Landed rows past the watermark: neither confirmed nor refused. Exact up to {@link countedRows}, and by
   * position beyond that, which is slightly more. For a summary: the codes with rows that landed since the last
   * complete pass, because their records have to be compared.
   */
  rowsBehind: number
  /** When the oldest of these rows landed; null if there is none, or if it is unknown. */
  oldestLandedMs: number | null
}

/**
 * A new destination is millions of rows behind. Counting them all is not worth it, because nobody needs that
 * number exactly.
 */
const countedRows = 10_000

const nothing: StreamBacklog = { rowsBehind: 0, oldestLandedMs: null }

/** Runs no query if nothing is behind. */
export async function readBacklog(
  ledger: Ledger,
  state: ConnectorState,
  stream: DeliveredStream,
  delivery: Delivery | null,
): Promise<StreamBacklog> {
  if (!isBehind(state, stream, delivery)) return nothing
  return isSummary(stream)
    ? readSummaryBacklog(ledger, state, stream, delivery)
    : readRowBacklog(ledger, state, stream, delivery?.watermarkSeq ?? 0)
}

async function readRowBacklog(
  ledger: Ledger,
  state: ConnectorState,
  stream: StreamName,
  watermarkSeq: number,
): Promise<StreamBacklog> {
  const { connector } = state
  const oldestLandedMs = await readFirstLanded(ledger, connector, stream, {
    afterSeq: watermarkSeq,
    // 0 if it landed before the ledger stored the time.
    sinceMs: 1,
  })
  const positions = lastSeqOf(state, stream) - watermarkSeq
  if (positions > countedRows) return { rowsBehind: positions, oldestLandedMs }
  // Rows that came again and were known already leave empty positions.
  const { rows } = await ledger
    .selectFrom(stream)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('connector', '=', connector)
    .where('seq', '>', watermarkSeq)
    .executeTakeFirstOrThrow()
  return { rowsBehind: rows, oldestLandedMs }
}

async function readSummaryBacklog(
  ledger: Ledger,
  state: ConnectorState,
  stream: SummaryName,
  delivery: Delivery | null,
): Promise<StreamBacklog> {
  const { connector } = state
  const changed = await readChangedCodes(ledger, state, stream, delivery)
  if (changed !== 'all') {
    return {
      rowsBehind: changed.size,
      oldestLandedMs: changed.size === 0 ? null : Math.min(...changed.values()),
    }
  }
  const { codes } = await ledger
    .selectFrom('qr_codes')
    .select((eb) => eb.fn.countAll<number>().as('codes'))
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow()
  const positions = lastSeqOf(state, stream) - (delivery?.watermarkSeq ?? 0)
  const passMs = delivery?.drainedAtMs ?? null
  let oldestLandedMs: number | null = null
  for (const landed of ['qr_codes', 'scans'] as const) {
    const sinceLastPass = {
      afterSeq: Math.max(lastSeqOf(state, landed) - positions, 0),
      sinceMs: passMs ?? 1,
    }
    oldestLandedMs = earliest(oldestLandedMs, await readFirstLanded(ledger, connector, landed, sinceLastPass))
  }
  return { rowsBehind: codes, oldestLandedMs: oldestLandedMs ?? passMs }
}

/**
 * Returns the codes with rows that landed since the last complete pass over a summary, each with the time of
 * the first such row.
 *
 * The watermark of a summary does not say which rows these are. But they are among the last positions of their
 * streams, and landed since the pass began.
 *
 * @returns `all` if no pass was ever completed, the delivery was reset, or more rows landed than are worth
 *   counting
 */
export async function readChangedCodes(
  ledger: Ledger,
  state: ConnectorState,
  stream: SummaryName,
  delivery: Delivery | null,
): Promise<Map<string, number> | 'all'> {
  if (!isBehind(state, stream, delivery)) return new Map()
  const passMs = delivery?.drainedAtMs ?? null
  const positions = lastSeqOf(state, stream) - (delivery?.watermarkSeq ?? 0)
  if (passMs === null || delivery?.watermarkSeq === 0 || positions > countedRows) return 'all'
  const { connector, qr_codes_seq, scans_seq } = state
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'landed_at_ms as landedMs'])
    .where('connector', '=', connector)
    .where('seq', '>', qr_codes_seq - positions)
    .where('landed_at_ms', '>=', passMs)
    .execute()
  const scans = await ledger
    .selectFrom('scans')
    .select((eb) => ['qr_code_id as id', eb.fn.min('landed_at_ms').as('landedMs')])
    .where('connector', '=', connector)
    .where('seq', '>', scans_seq - positions)
    .where('landed_at_ms', '>=', passMs)
    .groupBy('qr_code_id')
    .execute()
  const changed = new Map<string, number>()
  for (const { id, landedMs } of [...codes, ...scans]) {
    changed.set(id, Math.min(changed.get(id) ?? Infinity, landedMs))
  }
  return changed
}

/** Returns when the first row after a position landed, leaving out rows that landed before a time. */
async function readFirstLanded(
  ledger: Ledger,
  connector: string,
  stream: StreamName,
  { afterSeq, sinceMs }: { afterSeq: number; sinceMs: number },
): Promise<number | null> {
  const row = await ledger
    .selectFrom(stream)
    .select('landed_at_ms')
    .where('connector', '=', connector)
    .where('seq', '>', afterSeq)
    .where('landed_at_ms', '>=', sinceMs)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return row?.landed_at_ms ?? null
}

export function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
