import { rowsPerPage } from '../../model/api-profile.ts'
import { hourMs } from '../../model/durations.ts'
import { type DayShape } from '../day-shape.ts'
import { rowsPerCall } from '../price/fetch-rule.ts'
import { plan } from '../plan.ts'
import type { PlannedCall, PlannedCode } from '../planned-code.ts'
import { RuleBook } from '../price/rule-book.ts'

export interface SimulatedCode {
  id: string
  ratePerHour: number
  priority: number
  targetMs: number | null
}

export interface SimulationInput {
  codes: readonly SimulatedCode[]
  shape: DayShape
  startMs: number
  endMs: number
  /** Calls that may be planned in the span. */
  calls: number
  list: { pages: number; isSorted: boolean; tells: boolean }
  hasAnalytics: boolean
  /** Uniform in [0, 1); the same numbers make the same month. */
  random: () => number
  /**
   * Called with the progress; returns whether to end there, because a large account's month may take longer
   * than anybody waits.
   */
  isOver?: (simulatedMs: number) => boolean
}

export interface Simulation {
  /** How far it came: `endMs`, unless it ended earlier. */
  endedMs: number
  calls: { list: number; scans: number; analytics: number }
  /** The times from scan to landing, for every scan until then, by code. */
  lagsMs: Map<string, number[]>
  /** The largest factor by which freshness targets were stretched. */
  stretch: number
}

interface SimulatedState extends PlannedCode {
  arrivals: number[]
  landed: number
  listed: number
  knownAtAnalytics: number
  lagsMs: number[]
}

/** Runs the planner over a span with scans at the given rates, to see what it does, and how fresh the scans are. */
export function simulateMonth(input: SimulationInput): Simulation {
  const { startMs, endMs, list } = input
  const book = new RuleBook(input.shape)
  const states = input.codes.map((code) => stateOf(code, input))
  const byId = new Map(states.map((state) => [state.id, state]))
  const result: Simulation = {
    endedMs: endMs,
    lagsMs: new Map(),
    stretch: 1,
    calls: { list: 0, scans: 0, analytics: 0 },
  }
  let callsLeft = input.calls
  let listedAtMs: number | null = startMs
  let lastPriceStep: number | undefined

  const call = (planned: PlannedCall, nowMs: number) => {
    if (planned.kind === 'list') {
      const changed = states.filter((state) => tell(state, nowMs)).length
      const pages = list.isSorted ? Math.min(Math.floor(changed / rowsPerPage) + 1, list.pages) : list.pages
      callsLeft -= pages
      result.calls.list += pages
      listedAtMs = nowMs
      return
    }
    if (planned.kind === 'gap' || planned.kind === 'history') return
    callsLeft -= 1
    result.calls[planned.kind] += 1
    const state = byId.get(planned.qrCodeId)
    if (state === undefined) return
    if (planned.kind === 'scans') land(state, nowMs)
    else {
      state.knownAtAnalytics = state.listed
      state.scansSinceAnalytics = 0
    }
  }

  for (let nowMs = startMs; nowMs < endMs;) {
    const planned = plan(
      {
        nowMs,
        callsLeft,
        callsNow: callsLeft,
        historyCallsLeft: 0,
        fixedCallsPerHour: 0,
        periodEndsMs: endMs,
        codes: states,
        list: { ...list, listedAtMs },
        lastPriceStep,
      },
      book,
    )
    lastPriceStep = planned.priceStep
    result.stretch = Math.max(result.stretch, planned.stretch)
    // The result of a list pass may change which of the other calls are worth making.
    const calls = planned.calls[0]?.kind === 'list' ? planned.calls.slice(0, 1) : planned.calls
    for (const each of calls) if (callsLeft >= 1) call(each, nowMs)
    if (calls.length === 0) nowMs = planned.nextLookMs
    if (nowMs > startMs && nowMs < endMs && input.isOver?.(nowMs - startMs) === true) {
      result.endedMs = nowMs
      break
    }
  }
  for (const state of states) {
    for (const arrivedMs of state.arrivals.slice(state.landed)) {
      if (arrivedMs <= result.endedMs) state.lagsMs.push(result.endedMs - arrivedMs)
    }
    result.lagsMs.set(state.id, state.lagsMs)
  }
  return result
}

/** Lets the list report everything that has arrived. @returns whether that is more than was known */
function tell(state: SimulatedState, nowMs: number): boolean {
  const known = state.listed
  while ((state.arrivals[state.listed] ?? Infinity) <= nowMs) state.listed++
  setPending(state, state.listed - state.landed, nowMs)
  return state.listed > known
}

/** Lands a page of the oldest scans, and learns how many are left. */
function land(state: SimulatedState, nowMs: number): void {
  let arrived = state.landed
  while ((state.arrivals[arrived] ?? Infinity) <= nowMs) arrived++
  const upTo = Math.min(arrived, state.landed + rowsPerCall)
  for (; state.landed < upTo; state.landed++) {
    state.lagsMs.push(nowMs - (state.arrivals[state.landed] ?? nowMs))
  }
  state.listed = arrived
  setPending(state, arrived - upTo, nowMs)
}

function setPending(state: SimulatedState, pending: number, nowMs: number): void {
  if (state.scansSinceAnalytics !== null) state.scansSinceAnalytics = state.listed - state.knownAtAnalytics
  state.pending = pending
  state.asOfMs = nowMs
  if (pending === 0) state.emptyAtMs = nowMs
}

function stateOf(
  code: SimulatedCode,
  { startMs, endMs, shape, hasAnalytics, random }: SimulationInput,
): SimulatedState {
  const arrivals: number[] = []
  // A Poisson process: exponential gaps, measured in the day's weighted hours.
  let hourStartMs = startMs
  let gap = exponential(random) / code.ratePerHour
  while (hourStartMs < endMs) {
    const hourEndMs = Math.min((Math.floor(hourStartMs / hourMs) + 1) * hourMs, endMs)
    const weight = shape.at(hourStartMs)
    const hours = ((hourEndMs - hourStartMs) / hourMs) * weight
    let at = gap
    while (at < hours) {
      arrivals.push(hourStartMs + (at / weight) * hourMs)
      at += exponential(random) / code.ratePerHour
    }
    gap = at - hours
    hourStartMs = hourEndMs
  }
  return {
    ...code,
    arrivals,
    landed: 0,
    listed: 0,
    knownAtAnalytics: 0,
    lagsMs: [],
    pending: 0,
    isHistory: false,
    history: null,
    asOfMs: startMs,
    emptyAtMs: startMs,
    gap: null,
    scansSinceAnalytics: hasAnalytics ? 0 : null,
  }
}

const exponential = (random: () => number) => -Math.log(1 - random())
