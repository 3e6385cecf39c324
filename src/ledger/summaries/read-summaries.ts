import type { QrCode } from '../../streams/qr-codes.ts'
import type { Scan } from '../../streams/scans.ts'
import type { LandedRow } from '../../streams/streams.ts'
import {
  mostCodeNames,
  type CodeSummary,
  type LinkedCode,
  type LinkedScan,
  type LinkRule,
  type LinkSummary,
} from '../../streams/summaries.ts'
import { keyOf } from './link-key.ts'
import { linkKeyId } from './link-keys.ts'
import { emptyRollup, maxOf, mergeRollups, totalOf, totalsOf, type Rollup } from './rollup.ts'
import type { Ledger } from '../base/schema.ts'

const codesPerRead = 1_000

/** A code as listed, and the totals of its landed scans. */
interface SummedCode {
  code: QrCode
  isDeleted: boolean
  rollup: Rollup
}

/** Returns the row of every code, in portions, so that memory does not grow with the number of codes. */
export async function* readCodeSummaries(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): AsyncGenerator<LandedRow[]> {
  for await (const codes of readSummedCodes(ledger, connector)) {
    yield codes.map((summed) => {
      const { id, name, destination_url, short_url, status } = summed.code
      return toRow({
        id,
        name,
        destination_url,
        short_url,
        status: summed.isDeleted ? 'deleted' : status,
        ...totalsOf(summed.rollup, listedOf(summed), nowMs),
      } satisfies CodeSummary)
    })
  }
}

/** The totals of the codes that name one key; they name no other key of the same rule. */
interface Group {
  codes: NamedCode[]
  rollup: Rollup
  /** The name of the code with the last scan of the rollup. */
  lastCode: string | null
  scanCount: number
  lastScannedMs: number | null
}

export interface NamedCode {
  id: string
  name: string
}

/** A key that codes name, and its totals. */
export interface LinkSum extends Group {
  rule: string
  key: string
  /** The key with `+` as in the URL of one of the codes, if a `+` was read as a space. */
  asWritten: string | null
}

/** Returns the totals of every key, by the id of the key. */
export async function sumLinkKeys(
  ledger: Ledger,
  connector: string,
  rules: readonly LinkRule[],
): Promise<Map<string, LinkSum>> {
  const sums = new Map<string, LinkSum>()
  for await (const codes of readSummedCodes(ledger, connector)) {
    for (const summed of codes) {
      for (const rule of rules) {
        const named = keyOf(summed.code, rule)
        if (named === null) continue
        const { key } = named
        const id = linkKeyId({ rule: rule.name, key })
        const known = sums.get(id)
        const asWritten = known?.asWritten ?? named.asWritten
        sums.set(id, { rule: rule.name, key, asWritten, ...withCode(known ?? noCodes(), summed) })
      }
    }
  }
  return sums
}

/**
 * Returns the row of a destination's record: the totals of all its keys. No code has two keys, so they add up.
 *
 * @param sums of the keys that name it; none if its last key is gone
 */
export function linkSummaryOf(
  { rule, record }: { rule: string; record: string },
  sums: readonly LinkSum[],
  nowMs: number,
): LandedRow {
  let all = noCodes()
  for (const sum of sums) {
    const rollup = mergeRollups(all.rollup, sum.rollup)
    all = {
      codes: all.codes.concat(sum.codes),
      rollup,
      lastCode: rollup.last === all.rollup.last ? all.lastCode : sum.lastCode,
      scanCount: all.scanCount + sum.scanCount,
      lastScannedMs: maxOf(all.lastScannedMs, sum.lastScannedMs),
    }
  }
  const { codes, rollup, lastCode, scanCount, lastScannedMs } = all
  const names = [...new Set(codes.map(({ name }) => name))].toSorted()
  return toRow({
    id: linkRowId({ rule, record }),
    rule,
    record,
    codes: codes.length,
    code_names: names.slice(0, mostCodeNames),
    last_code: lastCode,
    ...totalsOf(rollup, { scanCount, lastScannedMs }, nowMs),
  } satisfies LinkSummary)
}

/** A rule's name has neither "#" nor "/", so no key has the id of a record. */
export const linkRowId = ({ rule, record }: { rule: string; record: string }): string => `${rule}#${record}`

/** Null if it is not the id of a row. */
export function parseLinkRowId(id: string): { rule: string; record: string } | null {
  const match = /^([^#/]*)#(.*)$/s.exec(id)
  return match === null ? null : { rule: match[1] ?? '', record: match[2] ?? '' }
}

/** The id of a record consists of digits: the first slash ends it, whatever the id of the code is. */
export function linkedCodeOf(
  { rule, record }: { rule: string; record: string },
  qrCodeId: string,
  isLinked: boolean,
): LandedRow {
  const id = `${linkRowId({ rule, record })}/${qrCodeId}`
  return toRow({ id, rule, record, qr_code_id: qrCodeId, is_linked: isLinked } satisfies LinkedCode)
}

export function linkedScanOf(
  { rule, record, codeName }: { rule: string; record: string; codeName: string },
  scan: Scan,
  isLinked: boolean,
): LandedRow {
  const id = `${linkRowId({ rule, record })}/${scan.id}`
  return toRow({ id, rule, record, is_linked: isLinked, code: codeName, scan } satisfies LinkedScan)
}

/** Null if it is not the id of such a row. */
export function parseLinkedCodeId(id: string): { rule: string; record: string; qrCodeId: string } | null {
  const match = /^([^#/]*)#([^/]*)\/(.*)$/s.exec(id)
  return match === null ? null : { rule: match[1] ?? '', record: match[2] ?? '', qrCodeId: match[3] ?? '' }
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

const noCodes = (): Group => ({
  codes: [],
  rollup: emptyRollup(),
  lastCode: null,
  scanCount: 0,
  lastScannedMs: null,
})

function withCode(group: Group, summed: SummedCode): Group {
  const listed = listedOf(summed)
  const { id, name } = summed.code
  const code = { id, name: name ?? id }
  const rollup = mergeRollups(group.rollup, summed.rollup)
  group.codes.push(code)
  return {
    codes: group.codes,
    rollup,
    lastCode: rollup.last === group.rollup.last ? group.lastCode : code.name,
    scanCount: group.scanCount + totalOf(summed.rollup, listed.scanCount),
    lastScannedMs: maxOf(group.lastScannedMs, listed.lastScannedMs),
  }
}

function listedOf({ code: { scan_count: scanCount, last_scanned_at: last } }: SummedCode) {
  return { scanCount, lastScannedMs: last === null ? null : Date.parse(last) }
}

const toRow = (summary: CodeSummary | LinkSummary | LinkedCode | LinkedScan): LandedRow => ({
  seq: 0,
  id: summary.id,
  json: JSON.stringify(summary),
})
