import { callsLeftByDay, drawBurnDown, forecastLeft } from './burn-down-chart.ts'
import { figure } from './figure.ts'
import { count, day, number } from './format.ts'
import { markup, type Insertable, type Markup } from './markup.ts'
import type { CallsOfMonth } from './report-data.ts'
import { table } from './table.ts'

/** Shows where the month's calls went, compared with the forecast. */
export function callsSection(calls: CallsOfMonth, nowMs: number): Markup {
  const [startMs, endMs] = [Date.parse(calls.month_starts_at), Date.parse(calls.month_ends_at)]
  const left = Math.max(calls.calls_per_month - calls.calls_this_month, 0)
  const numbers = callsLeftByDay(calls, nowMs).slice(1)
  const byForecast = forecastLeft(calls, nowMs)
  const summary = `${count(left, 'call')} of ${number(calls.calls_per_month)} left until`
  return markup`
<section aria-labelledby="calls">
<h2 id="calls">Calls of the month</h2>
<p>${summary} <time>${day(endMs)}</time>${byForecast === null ? '' : `; by the forecast it would be ${number(Math.round(byForecast))}`}. ${others(calls)}${forecastNote(calls)}</p>
${figure(
  {
    id: 'burn-down',
    title: 'Calls left of the month',
    description: `A line that falls from ${number(calls.calls_per_month)} on ${day(startMs)} to ${number(left)} now${byForecast === null ? '' : `; the forecast, a dashed line, is at ${number(Math.round(byForecast))}`}. The month ends on ${day(endMs)}.`,
    draw: drawBurnDown(calls, nowMs),
  },
  [['line', 'calls left'], ...(byForecast === null ? [] : [['forecast', 'forecast'] as const])],
  {
    caption: 'calls by day',
    columns: ['Day', 'Calls', 'Left at its end', ...(byForecast === null ? [] : ['Left by forecast'])],
    rows: numbers.map(({ atMs, left: leftThen }, index) => {
      const expected = forecastLeft(calls, atMs)
      return [
        day(Date.parse(calls.days[index]?.starts_at ?? '')),
        calls.days[index]?.calls ?? 0,
        leftThen,
        ...(byForecast === null ? [] : [expected === null ? null : Math.round(expected)]),
      ]
    }),
  },
)}
${purposeTable(calls)}
</section>`
}

function others({ calls_of_others: calls }: CallsOfMonth): string {
  if (calls === 0) return ''
  return `Other users of the account made ${count(calls, 'call')}; on which days is not known, so the chart takes them off from the start. `
}

function forecastNote({ forecast }: CallsOfMonth): Insertable {
  return forecast === null
    ? 'There is no forecast of this month to compare with yet: “qrsync plan”, or the live page, makes one.'
    : markup`The forecast is the month's first, of <time>${day(Date.parse(forecast.made_at))}</time>, and begins with the calls that were left then.`
}

const purposes: Readonly<Record<string, string>> = {
  identify: "The account's plan and limits",
  list: 'Which codes have new scans',
  catalogue: 'Created, changed and deleted codes',
  scans: 'New scans',
  history: 'Older scans, from before the connector was set up',
  'late scans': 'Scans that came late',
  analytics: "The API's own counts",
  others: 'Other users of the account',
}

function purposeTable({ purposes: rows, forecast }: CallsOfMonth): Markup | null {
  if (rows.length === 0) return null
  return table({
    caption: 'What the calls were for',
    columns: ['Calls for', 'So far', ...(forecast === null ? [] : ['Forecast'])],
    rows: rows.map((row) => [
      purposes[row.purpose] ?? row.purpose,
      row.calls,
      ...(forecast === null ? [] : [row.forecast]),
    ]),
  })
}
