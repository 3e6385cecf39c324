import { whyMissing, type Difference } from '../../report/missing-scans.ts'
import { describeFailing, readFailingReport, setAsideText } from '../views/failing.ts'
import { codeName, number, print, table } from '../views/format.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import { readDifferences } from '../verify/read-differences.ts'
import { describeFailure } from '../views/describe-status.ts'
import { exitCodes } from '../run-to-exit.ts'
import type { DestinationGap } from '../verify/compare-destination.ts'
import { verifyDestinations, type VerifiedDestination } from '../verify/verify-destinations.ts'
import { areLinksWell, describeLinks, verifyLinks } from '../verify/verify-links.ts'
import { mustBeSynced, withAccount } from '../with-account.ts'

export interface VerifyOptions {
  config: string
  /** Whether destinations are asked too. */
  destinations: boolean
  json: boolean
}

/**
 * `qrsync verify`: holds what is landed of each code against what the API counts, and what each destination has against what
 * is landed. Exits with 3 where scans are missing and nothing explains it, and while calls of the API fail or no sync can go on: what
 * they would bring is not on its way. Makes no call of the API.
 */
export async function verify(options: VerifyOptions): Promise<void> {
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const { ledger, state } = account
    const { connector, sync_failure } = state
    const nowMs = Date.now()
    const verified = await readDifferences(ledger, state, nowMs)
    const { differences, ...totals } = verified
    const destinations = options.destinations ? await verifyDestinations(account) : []
    const links = options.destinations ? await verifyLinks(account) : []
    const failing = await readFailingReport(ledger, connector, nowMs)
    const fails = describeFailing(failing)
    if (sync_failure !== null) {
      fails.push(
        `The last sync failed: ${sync_failure}. Nothing is on its way until that is mended: see "qrsync status".`,
      )
    }
    if (options.json) {
      print(JSON.stringify({ connector, ...verified, sync_failure, failing, destinations, links }))
    } else {
      if (differences.length > 0) print(describe(differences, nowMs))
      print(
        `${number(totals.complete_codes)} of ${number(totals.codes)} codes complete, ` +
          `${number(totals.landed_scans)} scans landed` +
          (totals.unexplained_scans === 0
            ? '.'
            : `; ${number(totals.unexplained_scans)} are missing, and nothing explains it.`),
      )
      const notFound = totals.lost_scans - totals.unexplained_scans
      if (notFound > 0) {
        print(`${number(notFound)} of the missing scans are not on their way: the table says why.`)
      }
      if (totals.uncounted_codes > 0) {
        print(
          `The API counts no scans of ${number(totals.uncounted_codes)} codes: whether these are complete cannot be verified.`,
        )
      }
      if (totals.set_aside_rows > 0) {
        print(
          `${setAsideText(totals.set_aside_rows)}. ` +
            'What is set aside lands when the API sends it correctly, or a newer qrsync can read it.',
        )
      }
      for (const line of fails) print(line)
      const names = await readCodeNames(ledger, connector)
      for (const each of destinations) {
        print(describeDestination(each, names))
        for (const failure of each.failures) print(describeFailure(failure))
      }
      for (const each of links) print(describeLinks(each))
    }
    const isWell = ({ gaps, failures }: VerifiedDestination) =>
      failures.length === 0 && gaps.every(({ missing, more }) => missing + more === 0)
    const areAllWell = destinations.every(isWell) && links.every(areLinksWell)
    const isMissing = totals.lost_scans + totals.set_aside_rows > 0
    if (isMissing || fails.length > 0 || !areAllWell) process.exitCode = exitCodes.notAllIsWell
    else if ([...destinations, ...links].some(({ error }) => error !== null)) {
      process.exitCode = exitCodes.failed
    }
  })
}

async function readCodeNames(ledger: Ledger, connector: string): Promise<Map<string, string | null>> {
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .execute()
  return new Map(codes.map(({ id, row }) => [id, (JSON.parse(row) as { name: string | null }).name]))
}

function describeDestination(
  { destination, scans, records, error, gaps }: VerifiedDestination,
  names: ReadonlyMap<string, string | null>,
): string {
  if (error !== null) return `${destination}: ${error.code}: ${error.message}`
  const has = whatItHas(destination, scans, records)
  if (gaps.length === 0) return `${has}${allAlike(scans, records)}`
  const rows = gaps.map((gap) => [
    codeName({ id: gap.id, name: names.get(gap.id) ?? null }),
    whyOther(gap).join('\n'),
    gap.landed,
    gap.there,
  ])
  const mend = gaps.some(({ missing }) => missing > 0)
    ? `\n"qrsync deliver -d ${destination} --resend" fills it anew from the ledger; it costs no call of the API.`
    : ''
  const codes = new Set(gaps.map(({ id }) => id)).size
  return `${has}; of ${number(codes)} codes other than what is landed:\n${table(
    ['Code', 'Why', 'Landed', 'There'],
    2,
    rows,
  )}${mend}`
}

/** A total that qrsync has written there itself is no count. */
function whatItHas(destination: string, scans: number | null, records: number | null): string {
  const shown = records === null ? '' : `records of ${number(records)} codes with their totals`
  if (scans !== null && records !== null) return `${destination} has ${number(scans)} scans, and ${shown}`
  if (scans !== null) return `${destination} has ${number(scans)} scans`
  const cannot = `${destination} cannot tell how many scans it has`
  return records === null ? cannot : `${cannot}: it has no records of scans. It has ${shown}`
}

function allAlike(scans: number | null, records: number | null): string {
  if (scans === null && records === null) return '.'
  if (scans === null) return ', each as the ledger has it.'
  return ', of every code as many as are landed.'
}

function whyOther({ of, waiting, refused, missing, more }: DestinationGap): string[] {
  const isTotal = of === 'total'
  const told: [number, string][] = [
    [waiting, isTotal ? 'in its total, delivered by itself' : 'delivered by itself'],
    [refused, 'refused: "qrsync rejects list" tells why'],
    [missing, isTotal ? 'missing in its total, or its record was deleted' : 'confirmed once, and not there'],
    [more, isTotal ? 'too many in its total: somebody has changed it' : 'there, and not in the ledger'],
  ]
  return told.filter(([scans]) => scans > 0).map(([scans, reason]) => `${number(scans)} ${reason}`)
}

function describe(differences: readonly Difference[], nowMs: number): string {
  return table(
    ['Code', 'What becomes of the rest', 'Listed', 'Landed'],
    2,
    differences.map((code) => [
      codeName(code),
      whyMissing(code, nowMs).join('\n'),
      code.listed ?? '–',
      code.landed,
    ]),
  )
}
