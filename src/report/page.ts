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
import { style } from './style.ts'

/** Whatever comes into the page, a browser then runs nothing and asks nobody. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** The report as a page of HTML that needs nothing but itself. */
export function reportPage(data: ReportData): string {
  const { connector, plan, calls } = data
  const nowMs = Date.parse(data.made_at)
  const [startMs, endMs] = [Date.parse(calls.month_starts_at), Date.parse(calls.month_ends_at)]
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>QR code scans of ${connector}, ${day(nowMs)}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header>
<h1>QR code scans of ${connector}</h1>
<p><span>${planName(plan)} ·</span> <span>calls of ${day(startMs)} to ${day(endMs)} ·</span> <span>made <time datetime="${data.made_at}">${time(nowMs)}</time></span></p>
</header>
<main>
${keyFigures(data)}
${callsSection(calls, nowMs)}
${lagsSection(data.lags)}
${scansSection(data.scans)}
${codesSection(data.codes)}
${destinationsSection(data.destinations)}
${rejectsSection(data.rejects)}
${completenessSection(data.completeness, nowMs)}
</main>
<footer>
<p>Made by qrsync from its ledger, without a call to the API. All days and times are UTC.</p>
</footer>
</body>
</html>
`.markup
}

const planName = (plan: string | null) =>
  plan === null ? 'plan not known yet' : `${plan.slice(0, 1).toUpperCase()}${plan.slice(1)} plan`
