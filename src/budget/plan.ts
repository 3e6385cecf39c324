import { dayMs, hourMs } from './day-shape.ts'
import type { FetchRule } from './fetch-rule.ts'
import { isBetterTold, pagesAfter, solvePrice, type Offer, type RateGroup } from './price.ts'
import { priceOfStep, stepOfPrice, stepOfRate, type RuleBook } from './rule-book.ts'

/** A code as the planner sees it. */
export interface PlannedCode {
  id: string
  ratePerHour: number
  /** Scans that are known and not landed … */
  pending: number
  /** … as of this time, when the list or a fetch has told last. What came since is only expected. */
  asOfMs: number
  /** When it was last known that nothing waited. */
  emptyAtMs: number
  /** Its scans of before we knew it are not landed yet. They are fetched from what freshness leaves, the shortest first. */
  isHistory: boolean
  /** What a waiting scan of this code counts for; 1 by default. */
  priority: number
  /** A scan is to be landed within this time, and need not be sooner; null leaves it to its value. */
  targetMs: number | null
  /** Scans since the last analytics; null where analytics are not wanted or were never asked for without a scan. */
  scansSinceAnalytics: number | null
  /** Scans that the API counts and that came below the cursor, and since when we know; null without any. */
  gap: { scans: number; sinceMs: number; calls: number } | null
}

export interface PlanInput {
  nowMs: number
  /** Calls that may be planned until the period ends … */
  callsLeft: number
  /** … that may be made already now … */
  callsNow: number
  /** … and of which history may take so many. */
  historyCallsLeft: number
  /** Calls an hour that go for other things in any case (/me, the catalogue). */
  fixedCallsPerHour: number
  periodEndsMs: number
  codes: readonly PlannedCode[]
  list: {
    /** Calls for a pass over all codes. */
    pages: number
    /** Whether a pass need only read the codes that were scanned since the last one. */
    isSorted: boolean
    /** Whether it tells which codes have new scans. */
    tells: boolean
    /** When the last pass was made; null before the first. */
    listedAtMs: number | null
  }
  /** Of the plan before; the price seldom moves far. */
  lastPriceStep: number | undefined
}

export type PlannedCall =
  | { kind: 'list' }
  | { kind: 'scans' | 'analytics' | 'gap'; qrCodeId: string; value: number; isHistory: boolean }

export interface Plan {
  /** Worth a call now, the most valuable first. */
  calls: PlannedCall[]
  /** When another call may be worth making. */
  nextLookMs: number
  /** What a call is worth: scans times hours of waiting. */
  priceStep: number
  offer: Offer
  /** What freshness targets had to be stretched by to fit the calls that are left; 1 where they fit, or none is left. */
  stretch: number
}

/** Analytics repeat what the scans tell: a scan that waits for them counts for this much of one that waits to be landed. */
const analyticsWeight = 0.02
const analyticsWeightStep = stepOfPrice(analyticsWeight)
/** Targets may take this share of the calls. What they leave, goes by value. */
const targetShare = 0.95
const longestStretch = 2 ** 20
const shortestLookMs = 1_000
const lookAheadMs = 2 * dayMs
const shortestListMs = 60_000
/** What a target demands comes before what is only worth its call. */
const targetValue = 1e9

/** Which calls are worth making now, and when to look again. */
export function plan(input: PlanInput, book: RuleBook): Plan {
  const { nowMs, codes, list, periodEndsMs } = input
  const hoursLeft = Math.max((periodEndsMs - nowMs) / hourMs, 1 / 60)
  const { groups, targets } = groupCodes(codes)
  const stretch = stretchOf(targets, groups, list, Math.max(input.callsLeft, 0) / hoursLeft)
  const targeted = targetCalls(targets, list, stretch)
  const longestHours = longestListHours(targets, list.tells, stretch)
  const offer = solvePrice(
    book,
    groups,
    { ...list, longestHours },
    Math.max(Math.max(input.callsLeft, 0) / hoursLeft - targeted - input.fixedCallsPerHour, 0),
    input.lastPriceStep,
  )
  const result: Plan = {
    calls: [],
    nextLookMs: Math.min(nowMs + lookAheadMs, periodEndsMs),
    priceStep: offer.priceStep,
    offer,
    stretch,
  }
  if (Math.min(input.callsLeft, input.callsNow) < 1)
    return { ...result, nextLookMs: periodEndsMs, stretch: input.callsLeft < 1 ? 1 : stretch }

  const isDue = (dueMs: number) => {
    if (dueMs <= nowMs) return true
    result.nextLookMs = Math.min(result.nextLookMs, Math.max(dueMs, nowMs + shortestLookMs))
    return false
  }
  if (isDue(listDueMs(input, book, offer, longestHours))) result.calls.push({ kind: 'list' })
  for (const code of codes) {
    const untilMs = result.nextLookMs
    const scans = scansDue(code, input, book, offer, stretch, untilMs)
    if (isDue(scans.dueMs))
      result.calls.push({ kind: 'scans', qrCodeId: code.id, value: scans.value, isHistory: code.isHistory })
    if (code.scansSinceAnalytics !== null) {
      const { dueMs, value } = analyticsDue(code, input, book, offer, untilMs)
      if (isDue(dueMs)) result.calls.push({ kind: 'analytics', qrCodeId: code.id, value, isHistory: false })
    }
    if (code.gap !== null && isDue(gapDueMs(code.gap, offer)))
      result.calls.push({ kind: 'gap', qrCodeId: code.id, value: 0, isHistory: false })
  }
  result.calls.sort((a, b) => valueOf(b) - valueOf(a))
  return result
}

const valueOf = (call: PlannedCall) => (call.kind === 'list' ? Infinity : call.value)

interface Target {
  ratePerHour: number
  targetMs: number
}

function groupCodes(codes: readonly PlannedCode[]): { groups: RateGroup[]; targets: Target[] } {
  const groups = new Map<number, RateGroup>()
  const targets: Target[] = []
  const add = (rateStep: number, weightStep: number, kind: RateGroup['kind']) => {
    // As in the rule book, steps are some hundreds at most; a number is found sooner than a text.
    const key = ((rateStep + 1_000) * 20_000 + weightStep + 10_000) * (kind === 'scans' ? 1 : -1)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { rateStep, weightStep, kind, count: 1 })
    else group.count++
  }
  for (const { ratePerHour, priority, targetMs, scansSinceAnalytics } of codes) {
    const rateStep = stepOfRate(ratePerHour)
    if (targetMs === null) add(rateStep, weightStepOf(priority), 'scans')
    else targets.push({ ratePerHour, targetMs })
    if (scansSinceAnalytics !== null) add(rateStep, analyticsWeightStep, 'analytics')
  }
  return { groups: [...groups.values()], targets }
}

const weightStepOf = (priority: number) => (priority === 1 ? 0 : stepOfPrice(priority))

/** Calls an hour that targets take, stretched: the list or, without signals, each code once a target. */
function targetCalls(targets: readonly Target[], list: PlanInput['list'], stretch: number): number {
  let calls = 0
  for (const { ratePerHour, targetMs } of targets) {
    const hours = (targetMs * stretch) / hourMs
    // Where the list tells, a code is fetched only when something came; and every 99 scans are a call in any case.
    const fetches = list.tells ? (1 - Math.exp(-ratePerHour * hours)) / hours : 1 / hours
    calls += Math.max(fetches, ratePerHour / 99)
  }
  return calls
}

function longestListHours(targets: readonly Target[], tells: boolean, stretch: number): number | null {
  if (!tells || targets.length === 0) return null
  return (targets.reduce((least, { targetMs }) => Math.min(least, targetMs), Infinity) * stretch) / hourMs
}

function stretchOf(
  targets: readonly Target[],
  groups: readonly RateGroup[],
  list: PlanInput['list'],
  callsPerHour: number,
): number {
  if (targets.length === 0) return 1
  const needs = (stretch: number) => {
    const listHours = longestListHours(targets, list.tells, stretch)
    const listCalls = listHours === null ? 0 : pagesAfter(groups, list, listHours) / listHours
    return targetCalls(targets, list, stretch) + listCalls
  }
  // What comes by the page cannot be stretched away: where even that is too much, it is fetched for as long as there are calls.
  const allowed = Math.max(callsPerHour * targetShare, needs(longestStretch) * 1.05)
  if (needs(1) <= allowed) return 1
  let low = 0
  let high = Math.log2(longestStretch)
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2
    if (needs(2 ** middle) <= allowed) high = middle
    else low = middle
  }
  return 2 ** high
}

/** The list is a source too: of all scans that are only learned of through it. */
function listDueMs(
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

function scansDue(
  code: PlannedCode,
  { nowMs, list, historyCallsLeft }: PlanInput,
  book: RuleBook,
  offer: Offer,
  stretch: number,
  untilMs: number,
): { dueMs: number; value: number } {
  const { ratePerHour, pending, asOfMs, targetMs } = code
  if (code.isHistory) {
    const isNeeded = pending > 0 || !list.tells
    return { dueMs: isNeeded && historyCallsLeft > 0 ? nowMs : Infinity, value: -pending }
  }
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

function analyticsDue(
  code: PlannedCode,
  { nowMs }: PlanInput,
  book: RuleBook,
  offer: Offer,
  untilMs: number,
): { dueMs: number; value: number } {
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
    if (waiting >= threshold - 1e-9) return timeMs
    const hourEndsMs = (Math.floor(timeMs / hourMs) + 1) * hourMs
    const perHour = ratePerHour * book.shape.at(timeMs)
    const crossing = timeMs + ((threshold - waiting) / perHour) * hourMs
    if (crossing < hourEndsMs) return crossing
    waiting += perHour * ((hourEndsMs - timeMs) / hourMs)
    timeMs = hourEndsMs
  }
  return Infinity
}
