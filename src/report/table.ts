import { minute, number } from './format.ts'
import { markup, type Insertable, type Markup } from './markup.ts'

export interface Table {
  /** What it contains, for readers who cannot see its position on the page. */
  caption: string
  columns: readonly string[]
  /** The first cell names its row. Numbers are complete and aligned. */
  rows: readonly (readonly Insertable[])[]
  /** Whether rows become blocks if the columns do not fit next to each other. */
  isWide?: boolean
}

// These are the elements' own roles: a style that turns rows into blocks would remove them.
export function table({ caption, columns, rows, isWide = false }: Table): Markup {
  const isNumber = columns.map((_, index) => rows.length > 0 && rows.every((row) => isFigure(row[index])))
  const style = (index: number) => (isNumber[index] === true ? markup` class="number"` : null)
  return markup`
<table role="table"${isWide ? markup` class="wide-rows"` : null}>
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((name, index) => markup`<th role="columnheader" scope="col"${style(index)}>${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (row) => markup`
<tr role="row">${row.map((cell, index) =>
      index === 0
        ? markup`<th role="rowheader" scope="row"${style(0)}>${toText(cell)}</th>`
        : markup`<td role="cell" data-name="${columns[index] ?? ''}"${style(index)}>${toText(cell)}</td>`,
    )}</tr>`,
  )}
</tbody>
</table>`
}

function toText(cell: Insertable): Insertable {
  if (cell === null) return '–'
  return typeof cell === 'number' ? number(cell) : cell
}

const isFigure = (cell: Insertable | undefined) => cell === null || typeof cell === 'number'

export const timeCell = (at: string) => markup`<time datetime="${at}">${minute(Date.parse(at))}</time>`
