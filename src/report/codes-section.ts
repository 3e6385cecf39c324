import { folded } from './figure.ts'
import { codeName, count, day, number } from './format.ts'
import { foreignText, markup, type Insertable, type Markup } from './markup.ts'
import type { CodeScans, ScansPerCode } from './report-data.ts'
import { shareTable } from './scans/share-table.ts'
import { table } from './table.ts'

const shownBars = 20

/** Links next to the names of codes on the served page. */
export interface CodeLinks {
  code: (id: string) => string
  /** A download of the table. */
  csv: Markup
}

/** @param links null in a file */
export function codesSection(codes: ScansPerCode, links: CodeLinks | null = null): Markup {
  const { total, codes: listed, left_out: leftOut } = codes
  const scanned = listed.filter(({ recent_scans: scans }) => scans > 0)
  const shown = scanned.slice(0, shownBars)
  const since = day(Date.parse(codes.since))
  return markup`
<section aria-labelledby="codes">
<h2 id="codes">Scans per code</h2>
${
  shown.length === 0
    ? markup`<p>None of ${count(total.codes, 'code')} was scanned since <time>${since}</time>.</p>`
    : markup`<p>${intro(codes, shown)} since <time>${since}</time>.</p>
${shareTable(
  'The most scanned codes',
  'Code',
  shown.map((code) => ({ name: nameOf(code, links, 80), scans: code.recent_scans })),
)}`
}
${
  listed.length === 0
    ? null
    : folded(
        leftOut.codes === 0
          ? `All codes (${number(total.codes)})`
          : `The first ${number(listed.length)} of ${number(total.codes)} codes`,
        markup`${allCodes(codes, links)}${links?.csv ?? null}${
          leftOut.codes === 0
            ? null
            : markup`<p>Left out, as a page of all would be too large: ${count(leftOut.codes, 'code')} with ${number(leftOut.recent_scans)} of the scans since <time>${since}</time>, and ${number(leftOut.landed_scans)} of all that are landed.</p>`
        }`,
      )
}
</section>`
}

function intro({ total }: ScansPerCode, shown: readonly CodeScans[]): string {
  const scans = shown.reduce((sum, { recent_scans: ofCode }) => sum + ofCode, 0)
  if (total.codes === 1) return `The only code has ${count(scans, 'scan')}`
  if (shown.length === 1) return `One of ${number(total.codes)} codes was scanned, ${count(scans, 'time')},`
  return `The ${number(shown.length)} most scanned of ${number(total.codes)} codes have ${number(scans)} of ${count(total.recent_scans, 'scan')}`
}

function nameOf(code: CodeScans, links: CodeLinks | null, most?: number): Markup {
  const name = foreignText(codeName(code), most)
  return links === null ? name : markup`<a href="${links.code(code.id)}">${name}</a>`
}

function allCodes({ codes, since }: ScansPerCode, links: CodeLinks | null): Markup {
  return table({
    caption: 'Scans of each code',
    columns: [
      'Code',
      `Scans since ${day(Date.parse(since))}`,
      'Unique',
      'Before that',
      'Landed in all',
      'Last scan',
    ],
    isWide: true,
    rows: codes.map((code): Insertable[] => [
      markup`${nameOf(code, links)}${code.deleted ? ' (deleted)' : ''}`,
      code.recent_scans,
      code.recent_unique_scans,
      code.previous_scans,
      code.landed_scans,
      code.last_scanned_at === null ? null : day(Date.parse(code.last_scanned_at)),
    ]),
  })
}
