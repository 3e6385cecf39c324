import { createHmac } from 'node:crypto'
import type { Config } from '../../../src/config/schema.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { DeliveredStream } from '../../../src/streams/streams.ts'
import type { CodeOfApi } from '../api/api-model.ts'
import { dayMs } from '../durations.ts'
import type { World } from '../world.ts'

/** A scan as the API returns it, without what the config file hides. */
export interface TrueScan {
  id: string
  qr_code_id: string
  scanned_at: string
  device_type: string
  os: string | null
  browser: string | null
  language: string | null
  is_unique: boolean
  wasOdd: boolean
}

/** A code of the ledger with its landed scans, whose values come from the API's model and not from the ledger. */
export interface TrueCode {
  code: CodeOfApi
  scans: TrueScan[]
  /** Whether the API has sent some of them in another form at some time. */
  wasOdd: boolean
}

/** Totals of scans, summed without the connector's code. */
export interface TrueTotals {
  unique: number | null
  first: string | null
  last: string | null
  device: string | null
  lastDevice: string | null
}

export async function readLandedTruth({ api, setting }: World, ledger: Ledger): Promise<TrueCode[]> {
  const landed = new Set((await ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id))
  const known = new Set((await ledger.selectFrom('qr_codes').select('id').execute()).map(({ id }) => id))
  return api.codes
    .filter(({ id }) => known.has(id))
    .map((code) => ({
      code,
      wasOdd: code.scans.some(({ wasOdd = false }) => wasOdd),
      scans: code.scans
        .filter(({ id }) => landed.has(id))
        .map(({ json, wasOdd = false }) => {
          const row = JSON.parse(json) as Record<string, unknown>
          return { ...(hide(row, setting.config.privacy) as unknown as TrueScan), wasOdd }
        }),
    }))
}

/** Implements what docs/configuration.md says about `privacy`. */
function hide(row: Record<string, unknown>, privacy: Config['privacy']): Record<string, unknown> {
  if (privacy === undefined) return row
  const { drop, hash, salt = '' } = privacy
  const hidden = { ...row }
  for (const field of drop) hidden[field] = null
  for (const field of hash) {
    const text = row[field]
    if (typeof text !== 'string') continue
    hidden[field] = createHmac('sha256', salt).update(`${field}\0${text}`).digest('hex').slice(0, 32)
  }
  return hidden
}

/** Ids of rows that a destination has refused, and that the ledger keeps with a reason. */
export async function readRejectedIds(
  ledger: Ledger,
  destination: string,
  stream: DeliveredStream,
): Promise<Set<string>> {
  const rows = await ledger
    .selectFrom('rejects')
    .select(['row_id', 'reason'])
    .where('destination', '=', destination)
    .where('stream', '=', stream)
    .execute()
  return new Set(rows.filter(({ reason }) => reason !== '').map(({ row_id: id }) => id))
}

export function totalsOf(scans: readonly TrueScan[]): TrueTotals {
  const times = scans.map((scan) => scan.scanned_at).toSorted()
  const devices = Map.groupBy(scans, (scan) => scan.device_type)
  const [most] = [...devices].toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
  const [newest] = scans.toSorted(
    (a, b) => Date.parse(b.scanned_at) - Date.parse(a.scanned_at) || (a.id < b.id ? 1 : -1),
  )
  return {
    unique: scans.length === 0 ? null : scans.filter((scan) => scan.is_unique).length,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    device: most?.[0] ?? null,
    lastDevice: newest?.device_type ?? null,
  }
}

/** Counts the scans of the last days, today included, as of a time. */
export function scansOfLastDays(scans: readonly TrueScan[], days: number, nowMs: number): number {
  const oldestMs = (Math.floor(nowMs / dayMs) - days + 1) * dayMs
  return scans.filter((scan) => Date.parse(scan.scanned_at) >= oldestMs).length
}

/** Returns what fails in a destination's streams, and the first row that it has refused. */
export async function readTroubles(
  ledger: Ledger,
  destination: string,
): Promise<{ failures: string[]; refusal: string | null }> {
  const failures = await ledger
    .selectFrom('delivery_failures')
    .select(['stream', 'message'])
    .where('destination', '=', destination)
    .execute()
  const refused = await ledger
    .selectFrom('rejects')
    .select(['stream', 'row_id', 'reason'])
    .where('destination', '=', destination)
    .limit(1)
    .executeTakeFirst()
  return {
    failures: failures.map(({ stream, message }) => `${stream} fails: ${message}`),
    refusal:
      refused === undefined ? null : `${refused.stream} ${refused.row_id} is refused: ${refused.reason}`,
  }
}
