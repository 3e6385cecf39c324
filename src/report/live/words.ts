import { count, number, shortDay, time } from '../format.ts'
import { markup, type Markup } from '../markup.ts'
import type { UpToDate } from '../scans/scans-data.ts'

/** The meaning of a statement: everything works, something is in progress, or something needs attention. */
export type Tone = 'ok' | 'busy' | 'bad'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** "2 minutes ago"; the day itself after two days. */
export function ago(atMs: number, nowMs: number): string {
  const passedMs = nowMs - atMs
  if (passedMs < minuteMs) return 'just now'
  if (passedMs < hourMs) return `${count(Math.floor(passedMs / minuteMs), 'minute')} ago`
  if (passedMs < 2 * dayMs) return `${count(Math.floor(passedMs / hourMs), 'hour')} ago`
  return `on ${shortDay(atMs)}`
}

/** "in 5 minutes", "in 3 hours", "on 1 Dec". */
export function until(atMs: number, nowMs: number): string {
  const leftMs = atMs - nowMs
  if (leftMs < minuteMs) return 'in a moment'
  if (leftMs < hourMs - minuteMs / 2) return `in ${count(Math.round(leftMs / minuteMs), 'minute')}`
  if (leftMs < 2 * dayMs) return `in ${count(Math.round(leftMs / hourMs), 'hour')}`
  return `on ${shortDay(atMs)}`
}

const clock = (at: string) => markup`<time datetime="${at}">${time(Date.parse(at))}</time>`

/** Says how up to date the page is, in a sentence or two. */
export function describeUpToDate(upToDate: UpToDate, nowMs: number): { tone: Tone; text: Markup } {
  const { listed_at: listedAt, waiting_scans: waiting, older_scans: older, waits } = upToDate
  if (listedAt === null) {
    const text = markup`Nothing has been fetched yet: the first sync reads the list of codes.${why(waits)}`
    return { tone: waits === null ? 'busy' : 'bad', text }
  }
  const asOf = markup`Up to date as of ${ago(Date.parse(listedAt), nowMs)} (${clock(listedAt)})`
  const rest =
    waiting === 0
      ? '.'
      : `, but for ${count(waiting, 'scan')} that ${waiting === 1 ? 'is' : 'are'} on the way.`
  const history =
    older === 0
      ? ''
      : ` ${number(older)} older ${older === 1 ? 'scan' : 'scans'}, from before qrsync was set up, are still to come.`
  return {
    tone: toneOf(upToDate),
    text: markup`${asOf}${rest}${history}${why(waits)}`,
  }
}

function toneOf({ waiting_scans: waiting, older_scans: older, waits }: UpToDate): Tone {
  if (waits !== null) return 'bad'
  return waiting + older > 0 ? 'busy' : 'ok'
}

function why(waits: UpToDate['waits']): Markup | null {
  return waits === null
    ? null
    : markup` ${causeOf(waits.reason)} until ${clock(waits.until)}; then qrsync continues automatically.`
}

/** Says why no call is made, as the beginning of a sentence. */
export function causeOf(reason: string): string {
  switch (reason) {
    case 'month':
      return "The month's calls are used up"
    case 'share':
      return "qrsync's share of the month's calls (budget.share) is used up"
    case 'outage':
      return 'The API fails and is not called'
    case 'retry_after':
      return 'The API asked for a pause'
    default:
      return 'No call is made'
  }
}

/** Returns the statement at the top of a page, with a mark for its tone. */
export function freshness(upToDate: UpToDate, nowMs: number): Markup {
  const { tone, text } = describeUpToDate(upToDate, nowMs)
  return statement(tone, text)
}

const toneNames: Record<Tone, string> = { ok: 'All is well', busy: 'Under way', bad: 'Needs attention' }

/** @param text a sentence; the mark before it has a name for readers who cannot see its colour */
export function statement(tone: Tone, text: Markup): Markup {
  return markup`<p class="statement"><span class="lamp ${tone}" role="img" aria-label="${toneNames[tone]}"></span><span>${text}</span></p>`
}

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })

/** Compares a number with that of the period before: "12 % more than in the 30 days before". */
export function trend(now: number, before: number, days: number): Markup {
  const than = `than in the ${count(days, 'day')} before`
  if (before === 0) {
    return markup`${now === 0 ? 'none' : 'there were none'} in the ${count(days, 'day')} before`
  }
  if (now === before) return markup`as many as in the ${count(days, 'day')} before`
  if (isAlike(now, before)) return markup`about as many as in the ${count(days, 'day')} before`
  return markup`${change(now, before)} ${than}`
}

/** Whether the change would be shown as 0 %, which is neither more nor less. */
export const isAlike = (now: number, before: number) => Math.abs(now - before) < 0.005 * before

/** Returns only the change: "▲ 12 % more". */
export function change(now: number, before: number): Markup {
  const isMore = now > before
  const share = Math.abs(now - before) / before
  const text = share >= 9.995 ? `${number(Math.round(now / before))} times` : percent.format(share)
  return markup`<span class="trend ${isMore ? 'up' : 'down'}"><span aria-hidden="true">${isMore ? '▲' : '▼'}</span> ${text} ${isMore ? 'more' : 'less'}</span>`
}
