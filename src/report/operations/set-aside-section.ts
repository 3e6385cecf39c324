import { count, number } from '../format.ts'
import { foreignText, markup, type Insertable, type Markup } from '../markup.ts'
import type { SetAsideState } from './operations-data.ts'
import { table, timeCell } from '../table.ts'

const longestReason = 400

/** Lists rows of the API that could not be read. */
export function setAsideSection({ rows, reasons }: SetAsideState): Markup {
  const told = reasons.reduce((sum, reason) => sum + reason.rows, 0)
  return markup`
<section aria-labelledby="set-aside">
<h2 id="set-aside">Rows set aside</h2>
${
  rows === 0
    ? markup`<p>Every row of the API could be read.</p>`
    : markup`<p>${count(rows, 'row')} of the API ${rows === 1 ? 'is' : 'are'} malformed, and kept as the API sent ${rows === 1 ? 'it' : 'them'}. They land when the API sends them correctly, or after an update of qrsync.</p>
${table({
  caption: 'Why rows are set aside',
  columns: ['Why', 'Stream', 'Rows', 'Last sent'],
  isWide: true,
  rows: reasons.map((each): Insertable[] => [
    foreignText(each.reason, longestReason),
    each.stream,
    each.rows,
    timeCell(each.last_seen_at),
  ]),
})}
${told === rows ? null : markup`<p>${number(rows - told)} more with other reasons: “qrsync rejects list” shows them.</p>`}`
}
</section>`
}
