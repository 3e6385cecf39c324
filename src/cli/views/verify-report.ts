import type { DestinationGap } from '../verify/compare-destination.ts'
import type { VerifiedDestination } from '../verify/verify-destinations.ts'
import { whyMissing } from '../../report/missing-scans.ts'
import type { Difference } from '../../report/report-data.ts'
import { codeName, number, table } from './format.ts'

export function describeDestination(
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
  const advice = gaps.some(({ missing }) => missing > 0)
    ? `\n"qrsync deliver -d ${destination} --resend" fills it again from the ledger; it makes no call to the API.`
    : ''
  const codes = new Set(gaps.map(({ id }) => id)).size
  return `${has}; ${number(codes)} codes differ from what has landed:\n${table(
    ['Code', 'Why', 'Landed', 'There'],
    2,
    rows,
  )}${advice}`
}

/** A total that qrsync has written itself is not a count. */
function whatItHas(destination: string, scans: number | null, records: number | null): string {
  const shown = records === null ? '' : `records of ${number(records)} codes with their totals`
  if (scans !== null && records !== null) return `${destination} has ${number(scans)} scans, and ${shown}`
  if (scans !== null) return `${destination} has ${number(scans)} scans`
  const cannot = `${destination} cannot count its scans`
  return records === null ? cannot : `${cannot}: it has no records of scans. It has ${shown}`
}

function allAlike(scans: number | null, records: number | null): string {
  if (scans === null && records === null) return '.'
  if (scans === null) return ', each as in the ledger.'
  return ', for every code as many as have landed.'
}

function whyOther({ of, waiting, refused, missing, more }: DestinationGap): string[] {
  const isTotal = of === 'total'
  const told: [number, string][] = [
    [waiting, isTotal ? 'in its total, delivered automatically' : 'delivered automatically'],
    [refused, 'refused: "qrsync rejects list" shows why'],
    [
      missing,
      isTotal ? 'missing in its total, or its record was deleted' : 'confirmed earlier, but missing there',
    ],
    [more, isTotal ? 'too many in its total: somebody has changed it' : 'there, but not in the ledger'],
  ]
  return told.filter(([scans]) => scans > 0).map(([scans, reason]) => `${number(scans)} ${reason}`)
}

export function describeDifferences(differences: readonly Difference[], nowMs: number): string {
  return table(
    ['Code', 'Status of the rest', 'Listed', 'Landed'],
    2,
    differences.map((code) => [
      codeName(code),
      whyMissing(code, nowMs).join('\n'),
      code.listed ?? '–',
      code.landed,
    ]),
  )
}
