import { hourMs } from '../model/durations.ts'
import { pagesAfter, type RateGroup } from './price/price.ts'
import type { PlanInput } from './planned-code.ts'

/** A code that asks for freshness, whatever its scans are worth. */
export interface Target {
  ratePerHour: number
  targetMs: number
}

/** Targets may take this share of the calls. What they leave, goes by value. */
const targetShare = 0.95
const longestStretch = 2 ** 20

/** Calls an hour that targets take, stretched: the list or, without signals, each code once a target. */
export function targetCalls(targets: readonly Target[], list: PlanInput['list'], stretch: number): number {
  let calls = 0
  for (const { ratePerHour, targetMs } of targets) {
    const hours = (targetMs * stretch) / hourMs
    // Where the list tells, a code is fetched only when something came; and every 99 scans are a call in any case.
    const fetches = list.tells ? (1 - Math.exp(-ratePerHour * hours)) / hours : 1 / hours
    calls += Math.max(fetches, ratePerHour / 99)
  }
  return calls
}

/** The hours between list passes that the shortest target allows; null without targets, or where the list tells nothing. */
export function longestListHours(targets: readonly Target[], tells: boolean, stretch: number): number | null {
  if (!tells || targets.length === 0) return null
  return (targets.reduce((least, { targetMs }) => Math.min(least, targetMs), Infinity) * stretch) / hourMs
}

/** What all targets must be multiplied by for their calls to fit. */
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
