import { callsSection } from './calls-section.ts'
import { codesSection } from './codes-section.ts'
import { completenessSection } from './completeness-section.ts'
import { destinationsSection } from './destinations-section.ts'
import { day, time } from './format.ts'
import { keyFigures } from './key-figures.ts'
import { lagsSection } from './lags-section.ts'
import { markup } from './markup.ts'
import { rejectsSection } from './rejects-section.ts'
import type { ReportData } from './report-data.ts'
import { scansSection } from './scans-section.ts'
import { filePolicy } from './live/file-page.ts'
import { htmlPage } from './live/html-page.ts'

/** Returns the report as an HTML page that needs no other file. */
export function reportPage(data: ReportData): string {
  const { connector, plan, calls } = data
  const nowMs = Date.parse(data.made_at)
  const [startMs, endMs] = [Date.parse(calls.month_starts_at), Date.parse(calls.month_ends_at)]
  return htmlPage({
    title: `QR code scans of ${connector}, ${day(nowMs)}`,
    policy: filePolicy,
    header: markup`<header>
<h1>QR code scans of ${connector}</h1>
<p><span>${planName(plan)} ·</span> <span>calls of ${day(startMs)} to ${day(endMs)} ·</span> <span>made <time datetime="${data.made_at}">${time(nowMs)}</time></span></p>
</header>`,
    main: markup`${keyFigures(data)}
${callsSection(calls, nowMs)}
${lagsSection(data.lags)}
${scansSection(data.scans)}
${codesSection(data.codes)}
${destinationsSection(data.destinations)}
${rejectsSection(data.rejects)}
${completenessSection(data.completeness, nowMs)}`,
    footer: markup`<p>Made by qrsync from its ledger, without a call to the API. All days and times are UTC.</p>`,
    script: null,
    refreshS: null,
  })
}

const planName = (plan: string | null) =>
  plan === null ? 'plan not known yet' : `${plan.slice(0, 1).toUpperCase()}${plan.slice(1)} plan`
