import { folded } from './figure.ts'
import { count, number } from './format.ts'
import { foreignText, markup, type Markup } from './markup.ts'
import type { Refusals } from './report-data.ts'
import { table, timeCell } from './table.ts'

const longestReason = 400

export function rejectsSection(rejects: Refusals): Markup {
  const { rows, latest } = rejects
  return markup`
<section aria-labelledby="rejects">
<h2 id="rejects">Refused rows</h2>
${
  rows === 0
    ? markup`<p>No destination has refused a row.</p>`
    : markup`<p>${count(rows, 'row')} ${rows === 1 ? 'is' : 'are'} refused. “qrsync rejects replay” sends them again, in their current state.</p>
${reasonTable(rejects)}
${folded(
  latest.length === rows ? `Each of them (${number(rows)})` : `The last ${number(latest.length)} of them`,
  table({
    caption: 'Refused rows, the last first',
    columns: ['Row', 'Destination', 'Stream', 'Why', 'Times', 'Last refused'],
    isWide: true,
    rows: latest.map((row) => [
      foreignText(row.id),
      row.destination,
      row.stream,
      foreignText(row.reason, longestReason),
      row.attempts,
      timeCell(row.rejected_at),
    ]),
  }),
)}`
}
</section>`
}

function reasonTable({ rows, reasons }: Refusals): Markup {
  const told = reasons.reduce((sum, reason) => sum + reason.rows, 0)
  return markup`${table({
    caption: 'Why rows are refused',
    columns: ['Why', 'Destination', 'Stream', 'Rows', 'Last refused'],
    isWide: true,
    rows: reasons.map((each) => [
      foreignText(each.reason, longestReason),
      each.destination,
      each.stream,
      each.rows,
      timeCell(each.last_refused_at),
    ]),
  })}
${told === rows ? null : markup`<p>Left out: ${count(rows - told, 'row')} with other reasons, which “qrsync rejects list” shows.</p>`}`
}
