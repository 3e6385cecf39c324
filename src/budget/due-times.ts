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

/** Rules are evaluated no further than this into the future: by then, there are new scans. */
export const lookAheadMs = 2 * dayMs
const shortestListMs = 60_000
/** The value of a call for a freshness target: higher than that of any other call. */
export const targetValue = 1e9

export interface Due {
  /** When the call is worth making (epoch ms); Infinity if no such time is known. */
  dueMs: number
  /** The waiting scans, as a share of those that make the call worth it. */
  value: number
}

/** @returns when a list pass is worth making (epoch ms). The list is a source of all scans that qrsync only learns of through it. */
export function listDueMs(
  { nowMs, callsLeft, callsNow, list }: PlanInput,
  book: RuleBook,
  offer: Offer,
  longestHours: number | null,
): number {
  const isLong = list.listedAtMs === null || !list.isSorted
  // An incomplete pass reveals less than the fetches that the same calls could make.
  if (Math.min(callsLeft, callsNow) < (isLong ? list.pages : Math.ceil(offer.listPages))) return Infinity
  if (list.listedAtMs === null) return nowMs
  if (!list.tells || offer.listHours === null) return Infinity
  const latestMs = list.listedAtMs + (longestHours ?? Infinity) * hourMs
  // Freshness targets need this interval at every hour.
  if (offer.listHours === longestHours) return Math.max(latestMs, list.listedAtMs + shortestListMs)
  // A source with one scan an hour has the same interval at this price. Its rule shows at which hours passes are worth most.
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
  // Use the lower threshold: known scans are not worth less than expected ones.
  return { dueMs, value: waiting / Math.min(thresholdAt(rule, nowMs), thresholdAt(expected, nowMs)) }
}

/** The shortest history comes first. None is due when history's part of the month is spent. */
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

/** Late scans have no rate. The search is worth its calls when the scans' waiting time equals the price of the calls. */
export function gapDueMs(
  { scans, sinceMs, calls }: NonNullable<PlannedCode['gap']>,
  offer: Pick<Offer, 'priceStep'>,
): number {
  return sinceMs + ((priceOfStep(offer.priceStep) * calls) / scans) * hourMs
}

function thresholdAt(rule: FetchRule, timeMs: number): number {
  return rule.thresholds[Math.floor((timeMs % dayMs) / hourMs)] ?? 1
}

/** @returns when the waiting scans reach the rule's threshold (epoch ms), or Infinity if not before `untilMs` */
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
    // Floating-point hours since the epoch are imprecise. Without a tolerance, a check could come just too early to find its call due.
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
