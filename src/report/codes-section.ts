import { folded } from './figure.ts'
import { codeName, count, day, number } from './format.ts'
import { foreignText, markup, type Markup } from './markup.ts'
import type { CodeScans, ScansPerCode } from './report-data.ts'
import { table } from './table.ts'

const shownBars = 20

export function codesSection(codes: ScansPerCode): Markup {
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
${bars(shown)}`
}
${
  listed.length === 0
    ? null
    : folded(
        leftOut.codes === 0
          ? `All codes (${number(total.codes)})`
          : `The first ${number(listed.length)} of ${number(total.codes)} codes`,
        markup`${allCodes(listed, since)}${
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

/** A table with bars in it: names of any length and script keep their room, and each number stands beside its bar. */
function bars(codes: readonly CodeScans[]): Markup {
  const most = Math.max(...codes.map(({ recent_scans: scans }) => scans))
  return markup`
<table role="table" class="bars">
<caption>The most scanned codes</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Code</th><th role="columnheader" scope="col" class="number">Scans</th></tr></thead>
<tbody role="rowgroup">${codes.map(
    (code) => markup`
<tr role="row"><th role="rowheader" scope="row">${foreignText(codeName(code), 80)}</th><td role="cell" class="number"><span class="share" style="--share:${((code.recent_scans / most) * 100).toFixed(1)}%"></span>${number(code.recent_scans)}</td></tr>`,
  )}
</tbody>
</table>`
}

function allCodes(codes: readonly CodeScans[], since: string): Markup {
  return table({
    caption: 'Scans of each code',
    columns: ['Code', `Scans since ${since}`, 'Landed in all', 'Last scan'],
    isWide: true,
    rows: codes.map((code) => [
      markup`${foreignText(codeName(code))}${code.deleted ? ' (deleted)' : ''}`,
      code.recent_scans,
      code.landed_scans,
      code.last_scanned_at === null ? null : day(Date.parse(code.last_scanned_at)),
    ]),
  })
}
