import type { CodeSettings } from '../ledger/codes/read-plan-input.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** What a connector has not fetched yet, and whether that is too long ago. */
export interface Waiting {
  connector: string
  codes: number
  /** Scans that the API has reported and that have not landed. */
  scans: number
  /** Scans that the API counts but that a search did not find. */
  lostScans: number
  /** Codes that miss their freshness target now, or missed it since the given time. */
  codesBeyondTarget: number
}

export interface WatchedCodes {
  connector: string
  /** Null where no code has settings. */
  settingsOf: CodeSettings | null
}

/** @param missedSinceMs from when missed targets count */
export async function readWaiting(
  ledger: Ledger,
  watched: readonly WatchedCodes[],
  { nowMs, missedSinceMs }: { nowMs: number; missedSinceMs: number },
): Promise<Waiting[]> {
  const sums = await ledger
    .selectFrom('qr_codes')
    .leftJoin('code_histories', (join) =>
      join
        .onRef('code_histories.connector', '=', 'qr_codes.connector')
        .onRef('code_histories.qr_code_id', '=', 'qr_codes.id'),
    )
    .select((eb) => [
      'qr_codes.connector',
      eb.fn.countAll<number>().as('codes'),
      eb.fn.sum<number>('qr_codes.pending').as('scans'),
      eb.fn.sum<number | null>('code_histories.pending').as('history'),
      eb.fn.sum<number>('gap_accepted').as('lost'),
    ])
    .where(
      'qr_codes.connector',
      'in',
      watched.map(({ connector }) => connector),
    )
    .where('deleted', '=', 0)
    .groupBy('qr_codes.connector')
    .execute()
  const sumOf = new Map(sums.map((sum) => [sum.connector, sum]))
  const waiting: Waiting[] = []
  for (const { connector, settingsOf } of watched) {
    const { codes = 0, scans = 0, history = 0, lost = 0 } = sumOf.get(connector) ?? {}
    const beyond =
      settingsOf === null || codes === 0
        ? 0
        : await countBeyondTarget(ledger, connector, settingsOf, nowMs, missedSinceMs)
    waiting.push({
      connector,
      codes,
      scans: scans + (history ?? 0),
      lostScans: lost,
      codesBeyondTarget: beyond,
    })
  }
  return waiting
}

async function countBeyondTarget(
  ledger: Ledger,
  connector: string,
  settingsOf: CodeSettings,
  nowMs: number,
  missedSinceMs: number,
): Promise<number> {
  const suspects = await ledger
    .selectFrom('qr_codes')
    .innerJoin('connectors', 'connectors.connector', 'qr_codes.connector')
    .select(['id', 'row', 'missed_at_ms', 'listed_last_scanned_at', 'connected_at_ms'])
    .where('qr_codes.connector', '=', connector)
    .where('deleted', '=', 0)
    .where((eb) => eb.or([eb('missed_at_ms', '>=', missedSinceMs), eb('pending', '>', 0)]))
    .execute()
  return suspects.filter((code) => {
    const { name } = JSON.parse(code.row) as { name: string | null }
    const { targetMs } = settingsOf({ id: code.id, name })
    if (targetMs === null) return false
    if ((code.missed_at_ms ?? 0) >= missedSinceMs) return true
    // Even the newest waiting scan is too old, whatever the others are. History has no target.
    const newestMs = code.listed_last_scanned_at === null ? null : Date.parse(code.listed_last_scanned_at)
    return newestMs !== null && newestMs >= (code.connected_at_ms ?? 0) && newestMs < nowMs - targetMs
  }).length
}
