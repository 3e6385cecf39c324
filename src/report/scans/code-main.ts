import { codeName, count, number, shortDay, time } from '../format.ts'
import { figureList } from '../key-figures.ts'
import { csvLink } from '../live/csv-link.ts'
import { links, webUrl, type PeriodDays } from '../live/links.ts'
import { freshness } from '../live/words.ts'
import { foreignText, markup, type Markup } from '../markup.ts'
import type { CodeData } from './scans-data.ts'
import { scansSection } from '../scans-section.ts'
import { audienceOfCode } from './audience-sections.ts'
import { trendOf, uniqueFigure } from './scans-main.ts'

/** Returns the served page of one code. */
export function codeMain(data: CodeData): Markup {
  const { connector, code, audience, scans, up_to_date: upToDate } = data
  const { period, previous } = audience
  const nowMs = Date.parse(data.made_at)
  const days = audience.days as PeriodDays
  const csv = (table: Parameters<typeof links.csv>[1]) => csvLink(connector, table, days, code.id)
  const last = code.last_scanned_at
  return markup`
<section aria-labelledby="code">
<p class="back"><a href="${links.scans(connector, days)}">All codes</a></p>
<h2 id="code">${foreignText(codeName(code))}${code.deleted ? markup` <span class="type">deleted</span>` : null}</h2>
${urlParts([
  ['The code', code.short_url, 'opening it counts as a scan'],
  ['Leads to', code.destination_url, null],
])}
${freshness(upToDate, nowMs)}
${figureList([
  {
    name: 'Scans',
    value: number(period.scans),
    note: trendOf(period, previous, audience.days, upToDate, (of) => of.scans),
  },
  uniqueFigure(period, previous, audience.days, upToDate),
  { name: 'Scans in all', value: number(code.landed_scans), note: 'that qrsync has' },
  {
    name: 'Last scan',
    value: last === null ? '–' : shortDay(Date.parse(last)),
    note: last === null ? 'never scanned' : time(Date.parse(last)),
  },
])}
</section>
${scansSection(scans, csv('days'))}
${audienceOfCode(audience, { csv })}
<p class="id soft">Id of the code: ${foreignText(code.id)}. ${count(code.landed_scans, 'scan')} of it ${code.landed_scans === 1 ? 'is' : 'are'} here; “qrsync explain” says where each of them is.</p>`
}

/** For the page's title. */
export const codeTitle = ({ code }: CodeData) => webTitle(codeName(code))

/** A title is plain text, in which characters that reverse the direction have no end. */
function webTitle(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/gu, ' ').slice(0, 100)
}

/** Shows the addresses of a code, each as a link if it leads to the web. */
function urlParts(
  parts: readonly (readonly [name: string, url: string | null, note: string | null])[],
): Markup {
  return markup`<dl class="urls">${parts.map(([name, url, note]) => {
    if (url === null) return null
    const href = webUrl(url)
    const shown = foreignText(url, 120)
    return markup`
<div><dt>${name}</dt><dd>${href === null ? shown : markup`<a href="${href}" rel="noreferrer noopener">${shown}</a>`}${note === null ? null : markup` <span class="soft">(${note})</span>`}</dd></div>`
  })}
</dl>`
}
