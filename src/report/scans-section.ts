import { figure } from './figure.ts'
import { count, number } from './format.ts'
import { markup, type Markup } from './markup.ts'
import type { ScansPerDay } from './report-data.ts'
import { drawScansPerDay, weeklyMeans } from './scans-per-day-chart.ts'

/** @param csv a download of the days; null in a file */
export function scansSection(scans: ScansPerDay, csv: Markup | null = null): Markup {
  const { days, waiting } = scans
  const all = days.reduce((sum, day) => sum + day.scans, 0)
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? '']
  const busiest = days.reduce((most, day) => (day.scans > most.scans ? day : most), { day: '', scans: 0 })
  const waitingText =
    waiting === 0
      ? ''
      : ` ${count(waiting, 'scan')} more ${waiting === 1 ? 'is' : 'are'} known and not landed yet.`
  const means = weeklyMeans(days)
  return markup`
<section aria-labelledby="scans">
<h2 id="scans">Scans per day</h2>
${
  all === 0
    ? markup`<p>No scan of <time>${first}</time> to <time>${last}</time> is landed.${waitingText}</p>`
    : markup`<p>${count(all, 'scan')} from <time>${first}</time> to <time>${last}</time>, today's so far included; the most, ${number(busiest.scans)}, on <time>${busiest.day}</time>.${waitingText}</p>
${figure(
  {
    id: 'scans-per-day',
    title: 'Scans per day',
    description: `A bar for each day from ${first} to ${last}, and a line for the mean of 7 whole days, without today. ${count(all, 'scan')} in all; the most, ${number(busiest.scans)}, on ${busiest.day}.`,
    draw: drawScansPerDay(scans),
  },
  [
    ['bar', 'scans of a day'],
    ['mean', 'mean of 7 whole days'],
  ],
  {
    caption: 'scans per day',
    columns: ['Day', 'Scans', 'Mean of 7 days'],
    rows: days
      .map(({ day, scans: ofDay }, index) => {
        const mean = means[index] ?? null
        return [day, ofDay, mean === null ? null : Math.round(mean * 10) / 10]
      })
      .reverse(),
  },
)}${csv}`
}
</section>`
}
