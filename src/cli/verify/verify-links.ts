import { patiently } from './patiently.ts'
import type { Destination } from '../../destinations/destination.ts'
import { readLinkKeys, readWaitingKeys } from '../../ledger/summaries/link-keys.ts'
import { readFingerprints, readKnownIds } from '../../ledger/deliveries/read-fingerprints.ts'
import {
  linkRowId,
  linkSummaryOf,
  parseLinkRowId,
  sumLinkKeys,
  type LinkSum,
} from '../../ledger/summaries/read-summaries.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { toTimeOrNull } from '../../model/to-time.ts'
import { describeWaitingKeys } from '../../report/operations/waiting-keys.ts'
import type { LinkSummary } from '../../streams/summaries.ts'
import { openDestinations } from '../../worker/open-destinations.ts'
import { number, table } from '../views/format.ts'
import type { KnownAccount } from '../with-account.ts'

/** What a destination's records contain that codes name; names as in the JSON of `qrsync verify`. */
export interface VerifiedLinks {
  destination: string
  /** Records that were compared. */
  records: number
  /** Keys without a record: they do not count as missing. */
  waiting_keys: number
  /** From when on a sync looks the first of them up again; null if none waits, or if the next sync does. */
  waiting_keys_due_at: string | null
  error: { code: string; message: string } | null
  /** Records whose total differs from the ledger's. */
  gaps: LinkGap[]
}

export interface LinkGap {
  /** `rule#record` */
  id: string
  /** The total of the ledger, and that of the record (null: none). */
  ledger: number
  there: number | null
  /** `waiting`: delivered automatically; `refused`: see the rejects; `wrong`: it was confirmed, and differs now. */
  why: 'waiting' | 'refused' | 'wrong'
}

/** Compares the sums of linked codes with the destinations' records. */
export async function verifyLinks({ config, ledger }: KnownAccount): Promise<VerifiedLinks[]> {
  const verified: VerifiedLinks[] = []
  for (const [name, destination] of await openDestinations(config, ledger)) {
    try {
      const compared = { ledger, connector: config.connector, name, destination }
      const links = await patiently(() => compareLinks(compared))
      if (links !== null) verified.push(links)
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      const { code, message } = error
      verified.push({
        destination: name,
        records: 0,
        waiting_keys: 0,
        waiting_keys_due_at: null,
        error: { code, message },
        gaps: [],
      })
    } finally {
      await destination.close()
    }
  }
  return verified
}

interface Compared {
  ledger: Ledger
  connector: string
  name: string
  destination: Destination
}

/** @returns null if it accepts no links */
export async function compareLinks(
  { ledger, connector, name, destination }: Compared,
  nowMs = Date.now(),
): Promise<VerifiedLinks | null> {
  const { links } = destination
  if (!destination.streams.includes('link_summaries') || links === undefined) return null
  const { rules } = links
  const key = { connector, destination: name, stream: 'link_summaries' } as const
  // Confirmed records must be there; records that are delivered meanwhile may be.
  const confirmed = new Set(await readKnownIds(ledger, key))
  const sumsByRow = await readSumsByRow(ledger, key, await sumLinkKeys(ledger, connector, rules))
  const ids = [...new Set([...sumsByRow.keys(), ...confirmed])]
  const records = ids
    .flatMap((id) => parseLinkRowId(id) ?? [])
    .filter(({ rule }) => rules.some((each) => each.name === rule))
  const settled = await readFingerprints(ledger, key, records.map(linkRowId))
  const refused = await readRefusedIds(ledger, key)
  const gaps: LinkGap[] = []
  for (const [rule, ofRule] of Map.groupBy(records, (each) => each.rule)) {
    const recordIds = ofRule.map(({ record }) => record)
    const totals = await links.readTotals(rule, recordIds)
    for (const each of ofRule) {
      const id = linkRowId(each)
      const sums = sumsByRow.get(id) ?? []
      const row = linkSummaryOf(each, sums, nowMs)
      const { total_scans: total } = JSON.parse(row.json) as LinkSummary
      const there = totals.get(each.record) ?? null
      // A record that no code names any more may be missing.
      if (there === total || (sums.length === 0 && there === null)) continue
      const fingerprint = destination.fingerprints?.of('link_summaries', row)
      const isSettled = fingerprint !== undefined && settled.get(id)?.includes(fingerprint) === true
      const whySettled = refused.has(id) ? 'refused' : 'wrong'
      gaps.push({ id, ledger: total, there, why: isSettled ? whySettled : 'waiting' })
    }
  }
  const { keys, nextLookMs } = await readWaitingKeys(ledger, key)
  return {
    destination: name,
    records: records.length,
    waiting_keys: keys,
    waiting_keys_due_at: toTimeOrNull(nextLookMs),
    error: null,
    gaps,
  }
}

interface LinkDelivery {
  connector: string
  destination: string
  stream: 'link_summaries'
}

async function readSumsByRow(
  ledger: Ledger,
  key: LinkDelivery,
  sums: ReadonlyMap<string, LinkSum>,
): Promise<Map<string, LinkSum[]>> {
  const byRow = new Map<string, LinkSum[]>()
  for (const [id, { rule, recordId }] of await readLinkKeys(ledger, key)) {
    const sum = sums.get(id)
    if (recordId === null || sum === undefined) continue
    const row = linkRowId({ rule, record: recordId })
    byRow.set(row, [...(byRow.get(row) ?? []), sum])
  }
  return byRow
}

async function readRefusedIds(
  ledger: Ledger,
  { connector, destination, stream }: LinkDelivery,
): Promise<Set<string>> {
  const rows = await ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ connector, destination, stream }))
    .execute()
  return new Set(rows.map(({ row_id: id }) => id))
}

const reasons: Record<LinkGap['why'], string> = {
  waiting: 'delivered automatically',
  refused: 'refused: "qrsync rejects list" shows the reason',
  wrong: 'was written, and is not there: somebody has changed or deleted it',
}

export function describeLinks(links: VerifiedLinks, nowMs: number): string {
  const { destination, records, waiting_keys: keys, waiting_keys_due_at: dueAt, error, gaps } = links
  if (error !== null) return `${destination}, linked records: ${error.code}: ${error.message}`
  const nextLookMs = dueAt === null ? null : Date.parse(dueAt)
  const waiting = keys === 0 ? '' : ` ${describeWaitingKeys({ destination, keys, nextLookMs }, nowMs)}.`
  const has = `${destination} has ${number(records)} linked records`
  if (gaps.length === 0) return `${has}, with the sums of the ledger.${waiting}`
  const rows = gaps.map(({ id, why, ledger, there }) => [id, reasons[why], ledger, there ?? '–'])
  const advice = gaps.some(({ why }) => why === 'wrong')
    ? `\n"qrsync deliver -d ${destination} --resend" fills it again from the ledger; it makes no call to the API.`
    : ''
  const shown = table(['Record', 'Why', 'Ledger', 'There'], 2, rows)
  return `${has}; ${number(gaps.length)} with another sum than the ledger.${waiting}\n${shown}${advice}`
}

export const areLinksWell = ({ gaps }: VerifiedLinks): boolean => gaps.every(({ why }) => why !== 'wrong')
