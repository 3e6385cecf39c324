import type { Ledger } from '../../ledger/base/schema.ts'
import { toTime } from '../../model/to-time.ts'
import type { CodeScans, ScansPerCode } from '../../report/report-data.ts'
import type { QrCode } from '../../streams/qr-codes.ts'
import { startOfDays, type CodeCounts, type ReadAudience } from './read-audience.ts'

/** The page must open at once on a phone, whatever the number of codes. */
const mostCodes = 1_000

/** Returns the codes with the most scans in a period, as {@link ReadAudience} has counted them. */
export async function readCodes(
  ledger: Ledger,
  connector: string,
  { audience, byCode }: ReadAudience,
  nowMs: number,
): Promise<ScansPerCode> {
  const rows = await selectCodes(ledger, connector).execute()
  const codes = rows.map((row) => toCodeScans(row, byCode.get(row.id))).toSorted(byScans)
  const listed = codes.slice(0, mostCodes)
  const [all, shown] = [sumsOf(codes), sumsOf(listed)]
  return {
    since: toTime(startOfDays(nowMs, audience.days)),
    codes: listed,
    total: all,
    left_out: {
      codes: all.codes - shown.codes,
      recent_scans: all.recent_scans - shown.recent_scans,
      landed_scans: all.landed_scans - shown.landed_scans,
    },
  }
}

/** Returns one of them; null if the ledger does not know it. */
export async function readCode(
  ledger: Ledger,
  connector: string,
  id: string,
  { byCode }: ReadAudience,
): Promise<CodeScans | null> {
  const row = await selectCodes(ledger, connector).where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toCodeScans(row, byCode.get(id))
}

const selectCodes = (ledger: Ledger, connector: string) =>
  ledger
    .selectFrom('qr_codes')
    .select(['id', 'row', 'deleted', 'landed_scans', 'listed_last_scanned_at'])
    .where('connector', '=', connector)

interface CodeRow {
  id: string
  row: string
  deleted: number
  landed_scans: number
  listed_last_scanned_at: string | null
}

function toCodeScans(code: CodeRow, counts: CodeCounts | undefined): CodeScans {
  const { name, destination_url, short_url } = JSON.parse(code.row) as QrCode
  return {
    id: code.id,
    name,
    deleted: code.deleted === 1,
    recent_scans: counts?.scans ?? 0,
    recent_unique_scans: counts?.uniqueScans ?? null,
    previous_scans: counts?.previousScans ?? 0,
    landed_scans: code.landed_scans,
    last_scanned_at: code.listed_last_scanned_at,
    destination_url,
    short_url,
  }
}

const byScans = (a: CodeScans, b: CodeScans) =>
  b.recent_scans - a.recent_scans || b.landed_scans - a.landed_scans || (a.id < b.id ? -1 : 1)

function sumsOf(codes: readonly CodeScans[]): ScansPerCode['total'] {
  const sums = { codes: codes.length, recent_scans: 0, landed_scans: 0 }
  for (const { recent_scans, landed_scans } of codes) {
    sums.recent_scans += recent_scans
    sums.landed_scans += landed_scans
  }
  return sums
}
