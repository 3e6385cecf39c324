import { hourMs } from '../model/durations.ts'
import {
  analyticsDue,
  gapDueMs,
  historyDue,
  listDueMs,
  lookAheadMs,
  scansDue,
  targetValue,
} from './due-times.ts'
import { analyticsWeightStep, weightStepOf } from './planned-code.ts'
import type { Plan, PlanInput, PlannedCall, PlannedCode } from './planned-code.ts'
import { solvePrice, type RateGroup } from './price/price.ts'
import { stepOfRate, type RuleBook } from './price/rule-book.ts'
import { longestListHours, stretchOf, targetCalls, type Target } from './targets.ts'

const shortestLookMs = 1_000

/** Plans which calls are worth making now, and when to plan again. */
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
  if (Math.min(input.callsLeft, input.callsNow) < 1) {
    return { ...result, nextLookMs: periodEndsMs, stretch: input.callsLeft < 1 ? 1 : stretch }
  }

  const isDue = (dueMs: number) => {
    if (dueMs <= nowMs) return true
    result.nextLookMs = Math.min(result.nextLookMs, Math.max(dueMs, nowMs + shortestLookMs))
    return false
  }
  const listMs = Math.max(listDueMs(input, book, offer, longestHours), list.heldUntilMs ?? 0)
  if (isDue(listMs)) result.calls.push({ kind: 'list' })
  for (const code of codes) {
    const untilMs = result.nextLookMs
    const { id: qrCodeId, heldUntilMs: held } = code
    if (code.isHistory || code.history !== null) {
      const history = historyDue(code, input)
      if (isDue(Math.max(history.dueMs, held?.history ?? 0))) {
        result.calls.push({ kind: 'history', qrCodeId, value: history.value })
      }
    }
    if (!code.isHistory) {
      const scans = scansDue(code, input, book, offer, stretch, untilMs)
      if (isDue(Math.max(scans.dueMs, held?.scans ?? 0))) {
        result.calls.push({ kind: 'scans', qrCodeId, value: scans.value })
      }
    }
    if (code.scansSinceAnalytics !== null) {
      const { dueMs, value } = analyticsDue(code, input, book, offer, untilMs)
      if (isDue(Math.max(dueMs, held?.analytics ?? 0))) {
        result.calls.push({ kind: 'analytics', qrCodeId, value })
      }
    }
    if (code.gap !== null && isDue(Math.max(gapDueMs(code.gap, offer), held?.gap ?? 0))) {
      result.calls.push({ kind: 'gap', qrCodeId, value: 0 })
    }
  }
  result.calls.sort((a, b) => valueOf(b) - valueOf(a))
  const keptPerHour = targeted + offer.callsPerHour.list + input.fixedCallsPerHour
  if (targets.length > 0) keepForTargets(result, keptPerHour, input)
  return result
}

/** Reserves the calls that freshness targets will need until the period ends, however valuable other calls are now. */
function keepForTargets(result: Plan, perHour: number, { nowMs, periodEndsMs, callsLeft }: PlanInput): void {
  const needed = (perHour * (periodEndsMs - nowMs)) / hourMs
  // Scans arrive at random, so the targets may need some more calls.
  let free = Math.floor(callsLeft - needed - Math.min(2 * Math.sqrt(needed), (callsLeft - needed) / 2))
  const calls = result.calls.filter((call) => valueOf(call) >= targetValue || free-- > 0)
  if (calls.length === result.calls.length) return
  result.calls = calls
  const nextFreeMs = periodEndsMs - ((callsLeft - 2) / perHour) * hourMs
  result.nextLookMs = Math.min(result.nextLookMs, Math.max(nextFreeMs, nowMs + shortestLookMs))
}

const valueOf = (call: PlannedCall) => (call.kind === 'list' ? Infinity : call.value)

function groupCodes(codes: readonly PlannedCode[]): { groups: RateGroup[]; targets: Target[] } {
  const groups = new Map<number, RateGroup>()
  const targets: Target[] = []
  const add = (rateStep: number, weightStep: number, kind: RateGroup['kind']) => {
    // As in the rule book, there are at most some hundred steps. A number is found faster than a string.
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
