import { number } from '../format.ts'
import { markup, type Insertable, type Markup } from '../markup.ts'

export interface ShareRow {
  name: Insertable
  scans: number
}

/**
 * Returns a table with bars, in which names of any length and script have enough space and each number is next
 * to its bar.
 *
 * @param what the head of the first column, such as "Code"
 */
export function shareTable(caption: string, what: string, rows: readonly ShareRow[]): Markup {
  const most = Math.max(...rows.map(({ scans }) => scans), 1)
  return markup`
<table role="table" class="bars">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">${what}</th><th role="columnheader" scope="col" class="number">Scans</th></tr></thead>
<tbody role="rowgroup">${rows.map(
    ({ name, scans }) => markup`
<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell" class="number"><span class="share w${Math.ceil((scans / most) * 100)}"></span>${number(scans)}</td></tr>`,
  )}
</tbody>
</table>`
}

/** The length of a bar is a class, so that a page that forbids style attributes shows it too. */
export const shareStyle = Array.from(
  { length: 101 },
  (_, share) => `.w${share} { --share: ${share}%; }`,
).join('\n')
