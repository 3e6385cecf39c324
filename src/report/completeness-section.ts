import { folded } from './figure.ts'
import { codeName, count, number } from './format.ts'
import { foreignText, markup, type Markup } from './markup.ts'
import { whyMissing } from './missing-scans.ts'
import type { Completeness } from './report-data.ts'
import { table } from './table.ts'

/** Shows what `qrsync verify` reports. */
export function completenessSection(completeness: Completeness, nowMs: number): Markup {
  const { codes, complete_codes: complete, landed_scans: landed, differences } = completeness
  const { unexplained } = completeness.missing
  const leftOut = codes - complete - differences.length
  return markup`
<section aria-labelledby="completeness">
<h2 id="completeness">Completeness</h2>
<p>${number(complete)} of ${count(codes, 'code')} ${complete === 1 ? 'is' : 'are'} complete: all of their scans that the API counts are landed. ${count(landed, 'scan')} of all codes ${landed === 1 ? 'is' : 'are'} here.${
    unexplained === 0
      ? ''
      : markup` <strong class="bad">${count(unexplained, 'scan')} ${unexplained === 1 ? 'is' : 'are'} missing without an explanation.</strong>`
  }</p>
${
  differences.length === 0
    ? null
    : markup`${sums(completeness)}
${folded(
  leftOut === 0
    ? `Codes that are not complete (${number(differences.length)})`
    : `${number(differences.length)} of ${number(codes - complete)} codes that are not complete`,
  table({
    caption: 'Codes that are not complete',
    columns: ['Code', 'Listed', 'Landed', 'Status of the rest'],
    isWide: true,
    rows: differences.map((code) => [
      foreignText(codeName(code)),
      code.listed,
      code.landed,
      markup`${whyMissing(code, nowMs).map((line) => markup`<span class="each">${line}</span>`)}`,
    ]),
  }),
)}`
}
</section>`
}

function sums({ missing }: Completeness): Markup {
  const told: [string, number][] = [
    ['Landed with the next call', missing.pending],
    ['Came late, and are searched for', missing.late],
    ['Counted by the API, but not found by a search', missing.not_handed_out],
    ['Gone with a code that was deleted before they were landed', missing.gone_with_code],
    ['Missing without an explanation', missing.unexplained],
  ]
  return table({
    caption: 'Status of the scans that have not landed',
    columns: ['Scans that have not landed', 'Scans'],
    rows: told.filter(([, scans]) => scans > 0),
  })
}
