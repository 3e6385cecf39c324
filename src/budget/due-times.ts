import { dayMs, hourMs } from '../model/durations.ts'
import type { FetchRule } from './price/fetch-rule.ts'
import {
  analyticsWeightStep,
  historyOf,
  weightStepOf,
  type PlanInput,
  type PlannedCode,
} from './planned-code.ts'
import { isBetterTold, type Offer } from './price/price.ts'
import { priceOfStep, stepOfPrice, stepOfRate, type RuleBook } from './price/rule-book.ts'

/** No rule is followed further than this into the future: by then there is news. */
export const lookAheadMs = 2 * dayMs
const shortestListMs = 60_000
/** What a target demands comes before what is only worth its call. */
export const targetValue = 1e9

export interface Due {
  /** When the call is worth making; Infinity where that is not in sight. */
  dueMs: number
  /** What waits, as a share of what makes the call worth it. */
  value: number
}

/** The list is a source too: of all scans that are only learned of through it. */
export function listDueMs(
  { nowMs, callsLeft, callsNow, list }: PlanInput,
  book: RuleBook,
  offer: Offer,
  longestHours: number | null,
): number {
  const isLong = list.listedAtMs === null || !list.isSorted
  // A pass that cannot be finished tells less than the fetches that could be made in its place.
  if (Math.min(callsLeft, callsNow) < (isLong ? list.pages : Math.ceil(offer.listPages))) return Infinity
  if (list.listedAtMs === null) return nowMs
  if (!list.tells || offer.listHours === null) return Infinity
  const latestMs = list.listedAtMs + (longestHours ?? Infinity) * hourMs
  // Whatever the hour, targets want it just that often.
  if (offer.listHours === longestHours) return Math.max(latestMs, list.listedAtMs + shortestListMs)
  // A source of one scan an hour has the same interval at this price; its rule tells at which hours to spend the passes.
  const rule = book.rule(0, stepOfPrice(offer.listHours ** 2 / 2), 'expected_whole')
  const dueMs = crossingMs(rule, 1, 0, list.listedAtMs, nowMs, Infinity, book)
  return Math.max(Math.min(dueMs, latestMs), list.listedAtMs + shortestListMs)
}

export function scansDue(
  code: PlannedCode,
  { nowMs }: PlanInput,
  book: RuleBook,
  offer: Offer,
  stretch: number,
  untilMs: number,
): Due {
  const { ratePerHour, pending, asOfMs, targetMs } = code
  if (targetMs !== null) {
    const dueMs = code.emptyAtMs + targetMs * stretch
    const isEmpty = pending === 0 && offer.listHours !== null
    return { dueMs: isEmpty ? Infinity : dueMs, value: targetValue + pending }
  }
  const rateStep = stepOfRate(ratePerHour)
  const weightStep = weightStepOf(code.priority)
  const isTold = isBetterTold(book, { rateStep, weightStep }, offer.priceStep, offer.listHours)
  if (isTold && pending === 0) return { dueMs: Infinity, value: 0 }
  const expected = book.rule(rateStep, offer.priceStep - weightStep, 'expected')
  const rule = pending > 0 ? book.rule(rateStep, offer.priceStep - weightStep, 'told') : expected
  const dueMs = crossingMs(rule, ratePerHour, pending, asOfMs, nowMs, untilMs, book)
  const waiting = pending + ratePerHour * book.shape.hoursBetween(asOfMs, nowMs)
  // By the lower of both, for scans that are known are not worth less than scans that are only expected.
  return { dueMs, value: waiting / Math.min(thresholdAt(rule, nowMs), thresholdAt(expected, nowMs)) }
}

/** The shortest history comes first, and none where its part of the month is spent. */
export function historyDue(code: PlannedCode, { nowMs, list, historyCallsLeft }: PlanInput): Due {
  const history = historyOf(code, list.tells)
  const isDue = history !== null && historyCallsLeft > 0
  return { dueMs: isDue ? nowMs : Infinity, value: -(history ?? 0) }
}

export function analyticsDue(
  code: PlannedCode,
  { nowMs }: PlanInput,
  book: RuleBook,
  offer: Offer,
  untilMs: number,
): Due {
  const waiting = code.scansSinceAnalytics ?? 0
  if (waiting < 1) return { dueMs: Infinity, value: 0 }
  const rule = book.rule(stepOfRate(code.ratePerHour), offer.priceStep - analyticsWeightStep, 'told_whole')
  const dueMs = crossingMs(rule, 0, waiting, nowMs, nowMs, untilMs, book)
  return { dueMs, value: waiting / thresholdAt(rule, nowMs) }
}

/** Without a rate to go by, the call is worth it when what waits has waited as long as the call is worth. */
export function gapDueMs(
  { scans, sinceMs, calls }: NonNullable<PlannedCode['gap']>,
  offer: Pick<Offer, 'priceStep'>,
): number {
  return sinceMs + ((priceOfStep(offer.priceStep) * calls) / scans) * hourMs
}

function thresholdAt(rule: FetchRule, timeMs: number): number {
  return rule.thresholds[Math.floor((timeMs % dayMs) / hourMs)] ?? 1
}

/** When what waits reaches the rule's threshold, from now on; Infinity where that is not before `untilMs`. */
function crossingMs(
  rule: FetchRule,
  ratePerHour: number,
  pending: number,
  asOfMs: number,
  nowMs: number,
  untilMs: number,
  book: RuleBook,
): number {
  const endMs = Math.min(untilMs, nowMs + lookAheadMs)
  let waiting = pending + ratePerHour * book.shape.hoursBetween(asOfMs, nowMs)
  for (let timeMs = nowMs; timeMs <= endMs;) {
    const threshold = thresholdAt(rule, timeMs)
    // Hours since the epoch leave few digits for what waits: a look must not come a moment too early for what it was made for.
    if (waiting >= threshold * (1 - 1e-6)) return timeMs
    const hourEndsMs = (Math.floor(timeMs / hourMs) + 1) * hourMs
    const perHour = ratePerHour * book.shape.at(timeMs)
    const crossing = timeMs + ((threshold - waiting) / perHour) * hourMs
    if (crossing < hourEndsMs) return crossing
    waiting += perHour * ((hourEndsMs - timeMs) / hourMs)
    timeMs = hourEndsMs
  }
  return Infinity
}
