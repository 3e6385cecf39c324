import { figure, folded } from '../figure.ts'
import { count, day, number } from '../format.ts'
import { foreignText, markup, type Insertable, type Markup } from '../markup.ts'
import type { Audience, ScanShare } from './scans-data.ts'
import { table } from '../table.ts'
import { drawHours, hourName } from './hours-chart.ts'
import { shareTable } from './share-table.ts'

const shownBars = 10

/** The download below each of these sections on the served page. */
export interface AudienceLinks {
  csv: (of: 'campaigns' | 'countries' | 'devices' | 'hours') => Markup
}

/** Shows scans by campaign, country, device and hour. @param links null in a file */
export function audienceSections(audience: Audience, links: AudienceLinks | null = null): Markup {
  return markup`
${campaignsSection(audience, links)}
<div class="pair">
${countriesSection(audience, links)}
${devicesSection(audience, links)}
</div>
${hoursSection(audience, links)}`
}

/** Shows the same for one code, which has one campaign. */
export function audienceOfCode(audience: Audience, links: AudienceLinks | null): Markup {
  return markup`
<div class="pair">
${countriesSection(audience, links)}
${devicesSection(audience, links)}
</div>
${hoursSection(audience, links)}`
}

const sinceOf = ({ since }: Audience) => markup`<time>${day(Date.parse(since))}</time>`

function campaignsSection(audience: Audience, links: AudienceLinks | null): Markup {
  const { campaigns } = audience
  const named = campaigns.filter(({ campaign, source, medium }) => campaign ?? source ?? medium)
  const without = campaigns.find(({ campaign, source, medium }) => (campaign ?? source ?? medium) === null)
  const rest =
    without === undefined || without.scans === 0
      ? ''
      : ` ${count(without.scans, 'scan')} of ${count(without.codes, 'code')} without one.`
  return markup`
<section aria-labelledby="campaigns">
<h2 id="campaigns">Campaigns</h2>
${
  named.length === 0
    ? markup`<p>No scanned code names a campaign: qrsync reads utm_campaign, utm_source and utm_medium of the address that a code leads to.</p>`
    : markup`<p>As the codes' destination addresses name them (utm_campaign, utm_source, utm_medium), since ${sinceOf(audience)}.${rest}</p>
${table({
  caption: 'Scans by campaign',
  columns: ['Campaign', 'Source', 'Medium', 'Codes', 'Scans', 'Unique', 'Before that'],
  isWide: true,
  rows: named
    .slice(0, 50)
    .map((each): Insertable[] => [
      textOr(each.campaign),
      textOr(each.source),
      textOr(each.medium),
      each.codes,
      each.scans,
      each.unique_scans,
      each.previous_scans,
    ]),
})}
${named.length > 50 ? markup`<p>${count(named.length - 50, 'campaign')} with fewer scans ${named.length === 51 ? 'is' : 'are'} left out.</p>` : null}${links?.csv('campaigns') ?? null}`
}
</section>`
}

const textOr = (text: string | null): Insertable => (text === null ? null : foreignText(text, 80))

function countriesSection(audience: Audience, links: AudienceLinks | null): Markup {
  const { countries, period } = audience
  return markup`
<section aria-labelledby="countries">
<h2 id="countries">Countries</h2>
${
  countries === null
    ? markup`<p>${period.scans === 0 ? 'No scan tells where it was made.' : 'The API tells countries from the Advanced plan on.'}</p>`
    : markup`${shares('Scans by country', 'Country', countries, countryName)}${links?.csv('countries') ?? null}`
}
</section>`
}

function devicesSection({ devices }: Audience, links: AudienceLinks | null): Markup {
  return markup`
<section aria-labelledby="devices">
<h2 id="devices">Devices</h2>
${
  devices.length === 0
    ? markup`<p>No scan tells its device.</p>`
    : markup`${shares('Scans by kind of device', 'Device', devices, deviceName)}${links?.csv('devices') ?? null}`
}
</section>`
}

function shares(
  caption: string,
  what: string,
  all: readonly ScanShare[],
  nameOf: (name: string) => string,
): Markup {
  const rows = all.map(({ name, scans }) => ({
    name: name === null ? markup`<span class="soft">not told</span>` : foreignText(nameOf(name), 60),
    scans,
  }))
  const more = rows.slice(shownBars)
  return markup`${shareTable(caption, what, rows.slice(0, shownBars))}
${more.length === 0 ? null : folded(`${number(more.length)} more`, table({ caption: `${caption}, the rest`, columns: [what, 'Scans'], rows: more.map(({ name, scans }) => [name, scans]) }))}`
}

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })

/** "Germany"; a text that is not an ISO code stays as it is. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : code
}

const deviceName = (type: string) => type.charAt(0).toUpperCase() + type.slice(1)

function hoursSection(audience: Audience, links: AudienceLinks | null): Markup {
  const { hours, period } = audience
  const most = Math.max(...hours)
  const busiest = hours.indexOf(most)
  return markup`
<section aria-labelledby="hours">
<h2 id="hours">Hours of the day</h2>
${
  period.scans === 0
    ? markup`<p>No scan since ${sinceOf(audience)}.</p>`
    : markup`<p>Most scans, ${number(most)}, came between ${hourName(busiest)} and ${hourName((busiest + 1) % 24)} UTC.</p>
${figure(
  {
    id: 'hours-of-day',
    title: 'Scans by the hour of the day',
    description: `A bar for each hour of the UTC day. The most, ${number(most)}, between ${hourName(busiest)} and ${hourName((busiest + 1) % 24)}.`,
    draw: drawHours(hours),
  },
  [],
  {
    caption: 'scans by hour, UTC',
    columns: ['From', 'Scans'],
    rows: hours.map((scans, hour) => [hourName(hour), scans]),
  },
)}${links?.csv('hours') ?? null}`
}
</section>`
}
