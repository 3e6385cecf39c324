import type { QrCode } from '../model/qr-code.ts'
import type { LandedRow } from '../model/stream.ts'
import type { CodeSummary, LinkRule, LinkSummary } from '../model/summary.ts'
import { keyOf } from './link-key.ts'
import { emptyRollup, maxOf, mergeRollups, totalOf, totalsOf, type Rollup } from './rollup.ts'
import type { Ledger } from './schema.ts'

const codesPerRead = 1_000

/** A code as listed, and what its landed scans come to. */
interface SummedCode {
  code: QrCode
  isDeleted: boolean
  rollup: Rollup
}

/** The row of every code, some at a time: memory does not grow with their number. */
export async function* readCodeSummaries(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): AsyncGenerator<LandedRow[]> {
  for await (const codes of readSummedCodes(ledger, connector))
    yield codes.map((summed) => {
      const { id, name, destination_url, short_url, status } = summed.code
      return toRow({
        ...{ id, name, destination_url, short_url, status: summed.isDeleted ? 'deleted' : status },
        ...totalsOf(summed.rollup, listedOf(summed), nowMs),
      } satisfies CodeSummary)
    })
}

interface Group {
  codes: number
  rollup: Rollup
  scanCount: number
  lastScannedMs: number | null
}

/**
 * The row of every key that a rule finds in codes.
 *
 * @param knownIds of rows that were handed over before: one whose key no code names any more comes to nothing
 */
export async function readLinkSummaries(
  ledger: Ledger,
  connector: string,
  rules: readonly LinkRule[],
  knownIds: readonly string[],
  nowMs: number,
): Promise<LandedRow[]> {
  const groups = new Map<string, Group>(
    knownIds.filter((id) => rules.some(({ name }) => name === splitId(id).rule)).map((id) => [id, noCodes()]),
  )
  for await (const codes of readSummedCodes(ledger, connector))
    for (const summed of codes)
      for (const rule of rules) {
        const key = keyOf(summed.code, rule)
        if (key === null) continue
        const id = `${rule.name}/${key}`
        groups.set(id, withCode(groups.get(id) ?? noCodes(), summed))
      }
  return [...groups].map(([id, { codes, rollup, scanCount, lastScannedMs }]) =>
    toRow({
      ...{ id, ...splitId(id), codes },
      ...totalsOf(rollup, { scanCount, lastScannedMs }, nowMs),
    } satisfies LinkSummary),
  )
}

async function* readSummedCodes(ledger: Ledger, connector: string): AsyncGenerator<SummedCode[]> {
  for (let afterId = ''; ;) {
    const rows = await ledger
      .selectFrom('qr_codes')
      .leftJoin('code_rollups', (join) =>
        join
          .onRef('code_rollups.connector', '=', 'qr_codes.connector')
          .onRef('code_rollups.qr_code_id', '=', 'qr_codes.id'),
      )
      .select(['qr_codes.id', 'qr_codes.row', 'qr_codes.deleted', 'code_rollups.rollup'])
      .where('qr_codes.connector', '=', connector)
      .where('qr_codes.id', '>', afterId)
      .orderBy('qr_codes.id')
      .limit(codesPerRead)
      .execute()
    yield rows.map(({ row, deleted, rollup }) => ({
      code: JSON.parse(row) as QrCode,
      isDeleted: deleted === 1,
      rollup: rollup === null ? emptyRollup() : (JSON.parse(rollup) as Rollup),
    }))
    if (rows.length < codesPerRead) return
    afterId = rows.at(-1)?.id ?? ''
  }
}

const noCodes = (): Group => ({ codes: 0, rollup: emptyRollup(), scanCount: 0, lastScannedMs: null })

function withCode(group: Group, summed: SummedCode): Group {
  const listed = listedOf(summed)
  return {
    codes: group.codes + 1,
    rollup: mergeRollups(group.rollup, summed.rollup),
    scanCount: group.scanCount + totalOf(summed.rollup, listed.scanCount),
    lastScannedMs: maxOf(group.lastScannedMs, listed.lastScannedMs),
  }
}

function listedOf({ code: { scan_count: scanCount, last_scanned_at: last } }: SummedCode) {
  return { scanCount, lastScannedMs: last === null ? null : Date.parse(last) }
}

/** A rule's name has no slash; a key may. */
function splitId(id: string): { rule: string; key: string } {
  const slash = id.indexOf('/')
  return { rule: id.slice(0, slash), key: id.slice(slash + 1) }
}

const toRow = (summary: { id: string }): LandedRow => ({
  seq: 0,
  id: summary.id,
  json: JSON.stringify(summary),
})
