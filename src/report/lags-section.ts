import { figure } from './figure.ts'
import { count, day, duration } from './format.ts'
import { bucketName, drawLagHistogram } from './lag-histogram.ts'
import { markup, type Markup } from './markup.ts'
import type { LandedLags } from './report-data.ts'

/** Shows how long scans took to land. */
export function lagsSection(lags: LandedLags): Markup {
  const from = markup`since <time>${day(Date.parse(lags.since))}</time>`
  return markup`
<section aria-labelledby="lags">
<h2 id="lags">From scan to landed</h2>
${lags.scans === 0 ? markup`<p>No scan that came after the connector was set up was landed ${from}.${forecastText(lags)}</p>` : measured(lags, from)}
</section>`
}

function measured(lags: LandedLags, from: Markup): Markup {
  const { scans, buckets, p50_lag_h: half, p95_lag_h: most, mean_lag_h: mean } = lags
  const inWords = `half within ${duration(half)}, 95 % within ${duration(most)}, ${duration(mean)} on average`
  return markup`<p>Of ${count(scans, 'scan')} landed ${from}, without those from before the connector was set up: ${inWords}.${forecastText(lags)}</p>
${figure(
  {
    id: 'lag-histogram',
    title: 'How long scans took to be landed',
    description: `Bars for the number of scans by the time that they took: ${inWords}.`,
    draw: drawLagHistogram(lags),
  },
  [],
  {
    caption: 'scans by the time they took',
    columns: ['From scan to landed', 'Scans', 'Share'],
    rows: buckets.map((bucket, index) => [
      bucketName(buckets, index),
      bucket.scans,
      share(bucket.scans, scans),
    ]),
  },
)}`
}

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })
const share = (part: number, all: number) => (all === 0 ? null : percent.format(part / all))

function forecastText({ forecast }: LandedLags): string {
  if (forecast?.p50_lag_h == null) return ''
  return ` The month's first forecast: half within ${duration(forecast.p50_lag_h)}, 95 % within ${duration(forecast.p95_lag_h)}.`
}
