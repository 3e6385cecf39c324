import { hourMs } from '../model/durations.ts'
import { pagesAfter, type RateGroup } from './price/price.ts'
import type { PlanInput } from './planned-code.ts'

/** A code with a freshness target. */
export interface Target {
  ratePerHour: number
  targetMs: number
}

/** Targets may use this share of the calls. The planner spends the rest by value. */
const targetShare = 0.95
const longestStretch = 2 ** 20

/** @returns calls per hour for the stretched targets. If the list does not show new scans, each code is fetched once per target time */
export function targetCalls(targets: readonly Target[], list: PlanInput['list'], stretch: number): number {
  let calls = 0
  for (const { ratePerHour, targetMs } of targets) {
    const hours = (targetMs * stretch) / hourMs
    // If the list shows new scans, a code is fetched only when it has some. Every 99 scans need a call in any case.
    const fetches = list.tells ? (1 - Math.exp(-ratePerHour * hours)) / hours : 1 / hours
    calls += Math.max(fetches, ratePerHour / 99)
  }
  return calls
}

/** @returns the hours between list passes that the shortest target allows; null without targets, or if the list does not show new scans */
export function longestListHours(targets: readonly Target[], tells: boolean, stretch: number): number | null {
  if (!tells || targets.length === 0) return null
  return (targets.reduce((least, { targetMs }) => Math.min(least, targetMs), Infinity) * stretch) / hourMs
}

/** @returns the factor by which all targets must be multiplied for their calls to fit */
export function stretchOf(
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
  // Full pages cannot be avoided by stretching. If even they need too many calls, they are fetched until the calls are spent.
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
