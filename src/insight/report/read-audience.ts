import { PostgresAdapter, sql, type ExpressionBuilder, type RawBuilder } from 'kysely'
import type { Ledger, LedgerSchema } from '../../ledger/base/schema.ts'
import { dayMs, hourMs } from '../../model/durations.ts'
import { toTime } from '../../model/to-time.ts'
import type { Audience, CampaignScans, ScanFigures, ScanShare } from '../../report/scans/scans-data.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import type { Scan } from '../../streams/scans.ts'
import { urlParameter } from '../../streams/url-parameter.ts'

/** Which scans: of one connector or one of its codes, scanned in the last days. */
export interface AudienceScope {
  connector: string
  codeId?: string
  /** Days until now, today included. */
  days: number
  nowMs: number
}

/** Scans of a code in the period, and in the same time before it. */
export interface CodeCounts {
  scans: number
  uniqueScans: number | null
  previousScans: number
  previousUniqueScans: number | null
}

export interface ReadAudience {
  audience: Audience
  /** Of codes that were scanned in the period or before it. */
  byCode: Map<string, CodeCounts>
  /** Scans by UTC day (days since 1970), for days with scans. */
  byDay: Map<number, number>
}

/** Returns when a period of so many days begins: at the start of its first UTC day. */
export const startOfDays = (nowMs: number, days: number) =>
  Math.floor(nowMs / dayMs) * dayMs - (days - 1) * dayMs

export async function readAudience(ledger: Ledger, scope: AudienceScope): Promise<ReadAudience> {
  const { connector, days, nowMs } = scope
  const sinceMs = startOfDays(nowMs, days)
  const byCode = await countByCode(ledger, scope, sinceMs)
  const { byDay, ...kinds } = await countByKind(ledger, scope, sinceMs)
  const audience: Audience = {
    days,
    since: toTime(sinceMs),
    period: figuresOf(byCode, ({ scans, uniqueScans }) => [scans, uniqueScans]),
    previous: figuresOf(byCode, (code) => [code.previousScans, code.previousUniqueScans]),
    campaigns: await readCampaigns(ledger, connector, byCode),
    ...kinds,
  }
  return { audience, byCode, byDay }
}

async function countByCode(
  ledger: Ledger,
  { connector, codeId, days, nowMs }: AudienceScope,
  sinceMs: number,
): Promise<Map<string, CodeCounts>> {
  const lengthMs = days * dayMs
  // Ends at the same time of day as now: half a day is not compared with a whole one.
  const previousMs = { from: sinceMs - lengthMs, to: nowMs - lengthMs }
  const unique = isUniqueScan(ledger)
  const isNow = (eb: ExpressionBuilder<LedgerSchema, 'scans'>) => eb('scanned_at_ms', '>=', sinceMs)
  const isBefore = (eb: ExpressionBuilder<LedgerSchema, 'scans'>) => eb('scanned_at_ms', '<', previousMs.to)
  const rows = await ledger
    .selectFrom('scans')
    .select((eb) => [
      'qr_code_id',
      eb.fn.countAll<number>().filterWhere(isNow(eb)).as('scans'),
      eb.fn.sum<number | null>(unique).filterWhere(isNow(eb)).as('uniqueScans'),
      eb.fn.countAll<number>().filterWhere(isBefore(eb)).as('previousScans'),
      eb.fn.sum<number | null>(unique).filterWhere(isBefore(eb)).as('previousUniqueScans'),
    ])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', previousMs.from)
    .$if(codeId !== undefined, (query) => query.where('qr_code_id', '=', codeId ?? ''))
    .groupBy('qr_code_id')
    .execute()
  return new Map(rows.map(({ qr_code_id: id, ...counts }) => [id, counts]))
}

function figuresOf(
  byCode: ReadonlyMap<string, CodeCounts>,
  of: (code: CodeCounts) => [scans: number, uniqueScans: number | null],
): ScanFigures {
  const figures: ScanFigures = { scans: 0, unique_scans: null, codes: 0 }
  for (const code of byCode.values()) {
    const [scans, unique] = of(code)
    figures.scans += scans
    figures.unique_scans = plus(figures.unique_scans, unique)
    if (scans > 0) figures.codes += 1
  }
  return figures
}

const plus = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0))

type Kinds = Pick<Audience, 'countries' | 'devices' | 'hours'>

/** Counts in one pass, which reads the JSON of each scan once. */
async function countByKind(
  ledger: Ledger,
  { connector, codeId }: AudienceScope,
  sinceMs: number,
): Promise<Kinds & { byDay: Map<number, number> }> {
  const hour = sql<number>`cast(scanned_at_ms / ${sql.lit(hourMs)} as integer)`
  const country = scanField(ledger, 'country')
  const device = scanField(ledger, 'device_type')
  const rows = await ledger
    .selectFrom('scans')
    .select((eb) => [
      hour.as('hour'),
      country.as('country'),
      device.as('device'),
      eb.fn.countAll<number>().as('scans'),
    ])
    .where('connector', '=', connector)
    .where('scanned_at_ms', '>=', sinceMs)
    .$if(codeId !== undefined, (query) => query.where('qr_code_id', '=', codeId ?? ''))
    .groupBy([hour, country, device])
    .execute()
  const byDay = new Map<number, number>()
  const countries = new Map<string | null, number>()
  const devices = new Map<string | null, number>()
  const hours = Array<number>(24).fill(0)
  const add = <Key>(counts: Map<Key, number>, key: Key, scans: number) =>
    counts.set(key, (counts.get(key) ?? 0) + scans)
  for (const { hour, country, device, scans } of rows) {
    add(byDay, Math.floor(hour / 24), scans)
    add(countries, country, scans)
    add(devices, device, scans)
    const ofDay = hour % 24
    hours[ofDay] = (hours[ofDay] ?? 0) + scans
  }
  const isTold = [...countries.keys()].some((name) => name !== null)
  return { byDay, countries: isTold ? sharesOf(countries) : null, devices: sharesOf(devices), hours }
}

function sharesOf(counts: ReadonlyMap<string | null, number>): ScanShare[] {
  return [...counts]
    .map(([name, scans]) => ({ name, scans }))
    .toSorted((a, b) => b.scans - a.scans || (a.name ?? '').localeCompare(b.name ?? ''))
}

async function readCampaigns(
  ledger: Ledger,
  connector: string,
  byCode: ReadonlyMap<string, CodeCounts>,
): Promise<CampaignScans[]> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .execute()
  const campaigns = new Map<string, CampaignScans>()
  for (const { id, row } of codes) {
    const counts = byCode.get(id)
    if (counts === undefined) continue
    const { destination_url: url } = JSON.parse(row) as QrCode
    const named = {
      campaign: parameterOf(url, 'utm_campaign'),
      source: parameterOf(url, 'utm_source'),
      medium: parameterOf(url, 'utm_medium'),
    }
    const key = JSON.stringify(named)
    const sum = campaigns.get(key) ?? { ...named, codes: 0, scans: 0, unique_scans: null, previous_scans: 0 }
    sum.codes += 1
    sum.scans += counts.scans
    sum.unique_scans = plus(sum.unique_scans, counts.uniqueScans)
    sum.previous_scans += counts.previousScans
    campaigns.set(key, sum)
  }
  return [...campaigns.values()].toSorted((a, b) => b.scans - a.scans || b.previous_scans - a.previous_scans)
}

function parameterOf(url: string | null, name: string): string | null {
  const value = urlParameter(url, name)?.value.trim() ?? ''
  return value === '' ? null : value
}

/**
 * Reads a text of a scan's JSON (`scans.row`) in a query; null if the scan does not have it. PostgreSQL cannot
 * read text from JSON that contains an escaped NUL or half a surrogate pair, so there such a scan has no text.
 */
function scanField(ledger: Ledger, name: keyof Scan): RawBuilder<string | null> {
  if (!isPostgres(ledger)) return sql`(scans.row ->> ${sql.lit(`$.${name}`)})`
  return sql`(case when replace(scans.row, '\\\\', '') ~ '\\\\u(0000|d[89a-f])' then null else scans.row::json ->> ${sql.lit(name)} end)`
}

/** Whether it was the first scan of its visitor and code on its day: 1 or 0; null if the API does not say. */
function isUniqueScan(ledger: Ledger): RawBuilder<number | null> {
  const field = scanField(ledger, 'is_unique')
  return isPostgres(ledger)
    ? sql`(case ${field} when 'true' then 1 when 'false' then 0 end)`
    : sql`(case ${field} when 1 then 1 when 0 then 0 end)`
}

const isPostgres = (ledger: Ledger) => ledger.getExecutor().adapter instanceof PostgresAdapter
