import { ourCalls } from '../src/budget/allowance.ts'
import { cadenceOf, type Cadence } from '../src/budget/cadence.ts'
import { hourMs } from '../src/budget/day-shape.ts'
import { plan } from '../src/budget/plan.ts'
import type { Plan, PlannedCall } from '../src/budget/planned-code.ts'
import { priceOfStep, stepOfPrice } from '../src/budget/rule-book.ts'
import { readConnector, type ConnectorState } from '../src/ledger/connector-state.ts'
import { readCode } from '../src/ledger/due-codes.ts'
import { keepPlan } from '../src/ledger/keep-plan.ts'
import { profileOf } from '../src/ledger/profile.ts'
import { readAllowance, type MonthAllowance } from '../src/ledger/read-allowance.ts'
import { readPlannedCodes } from '../src/ledger/read-plan-input.ts'
import type { ApiProfile } from '../src/model/api-profile.ts'
import { shareSpent } from '../src/budget/windows.ts'
import { collectCode } from './collect-code.ts'
import type { SliceResult } from './contract.ts'
import type { ActivityDeps } from './deps.ts'
import { identify } from './identify.ts'
import { inLanes } from './lanes.ts'
import { listNextPage } from './list-pass.ts'
import { CallsSpent } from './metered-call.ts'
import { readAnalytics, searchLateScans } from './read-analytics.ts'

const sliceMs = 3_000

/**
 * Makes the calls that the planner finds worth making, for a slice of time, and says when it is worth looking again. What a
 * call brings may change what the next is worth: after each pass of the list, and after each batch, it plans anew.
 */
export async function followPlan(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const result: SliceResult = { calls: 0, landed: 0, isDone: false, wait: null }
  const endsAtMs = Date.now() + sliceMs
  const isOver = () => result.wait !== null || signal.aborted || Date.now() >= endsAtMs
  try {
    while (!isOver()) {
      result.calls += await identify(deps)
      const situation = await readSituation(deps)
      const { allowance, planned } = situation
      if (Math.min(allowance.forPlan, allowance.forPlanNow) < 1) {
        result.wait = await monthSpent(deps, situation, result)
        continue
      }
      if (await readList(deps, situation, result, signal)) continue
      if (planned.calls.length === 0)
        return { ...result, wait: { reason: 'plan', untilMs: planned.nextLookMs } }
      await inLanes([...planned.calls], result, isOver, (call, mustStop) =>
        makeCall(deps, call, situation, mustStop, result),
      )
    }
  } catch (error) {
    if (!(error instanceof CallsSpent)) throw error
    if (error.wait.reason !== 'kept') result.wait = error.wait
  }
  return result
}

interface Situation {
  state: ConnectorState
  profile: ApiProfile
  allowance: MonthAllowance
  cadence: Cadence
  planned: Plan
}

async function readSituation(deps: ActivityDeps): Promise<Situation> {
  const { ledger, connector, clock, budget, settingsOf, hasAnalytics } = deps
  const state = await readConnector(ledger, connector)
  const nowMs = clock.now()
  const profile = profileOf(state)
  const allowance = await readAllowance(ledger, state, budget, nowMs)
  const { codes, shape, list } = await readPlannedCodes(ledger, state, { settingsOf, hasAnalytics }, nowMs)
  const updatedPages = profile.updatedSince === false ? list.pages : 1
  const cadence = cadenceOf(ourCalls(state.calls_per_month, budget.share), list.pages, updatedPages)
  const planned = plan(
    {
      ...{
        nowMs,
        codes,
        callsLeft: allowance.forPlan,
        callsNow: allowance.forPlanNow,
        historyCallsLeft: state.history_paused_at_ms === null ? allowance.forHistory : 0,
      },
      ...{ fixedCallsPerHour: cadence.callsPerHour, periodEndsMs: allowance.period.endMs },
      list: { ...list, listedAtMs: state.listed_at_ms },
      lastPriceStep: state.price_ms === null ? undefined : stepOfPrice(state.price_ms / hourMs),
    },
    deps.rules.for(shape),
  )
  await keepPlan(ledger, connector, priceOfStep(planned.priceStep) * hourMs, planned.nextLookMs)
  return { state, profile, allowance, cadence, planned }
}

/** The list comes before what it may make worthless; a pass under way is brought to its end. @returns whether it was read */
async function readList(
  deps: ActivityDeps,
  { state, profile, allowance, cadence, planned }: Situation,
  result: SliceResult,
  signal: AbortSignal,
): Promise<boolean> {
  const nowMs = deps.clock.now()
  const isUpdatedDue = nowMs - (state.changes_listed_at_ms ?? 0) >= cadence.updatedEveryMs
  const isFullDue = nowMs - (state.full_listed_at_ms ?? 0) >= cadence.fullEveryMs
  const kind =
    isFullDue || (isUpdatedDue && profile.updatedSince === false)
      ? 'full'
      : isUpdatedDue
        ? 'updated'
        : planned.calls[0]?.kind === 'list'
          ? 'scanned'
          : state.list_pass_kind
  if (kind === null) return false
  for (let isDone = false; !isDone && !signal.aborted;) {
    isDone = await listNextPage(deps, kind, allowance.keptBack.plan)
    result.calls += 1
  }
  return true
}

async function makeCall(
  deps: ActivityDeps,
  call: PlannedCall,
  { allowance, state }: Situation,
  mustStop: () => boolean,
  result: SliceResult,
): Promise<void> {
  if (call.kind === 'list') return
  const { plan: keptBack } = allowance.keptBack
  if (call.kind === 'analytics') {
    await readAnalytics(deps, call.qrCodeId, { keptBack, untilDay: null }, result)
    return
  }
  if (call.kind === 'gap') {
    await searchLateScans(deps, call.qrCodeId, { keptBack, mustStop }, result)
    return
  }
  const code = await readCode(deps.ledger, state.connector, call.qrCodeId)
  if (code === null) return
  const isHistory = call.isHistory
  await collectCode(
    deps,
    code,
    {
      purpose: isHistory ? 'history' : 'scans',
      // A code made since we know the account is news that somebody waits for.
      keptBack: isHistory ? allowance.keptBack.history : code.isFirst ? 0 : keptBack,
      extent: isHistory ? 'all' : 'full pages',
      mustStop,
    },
    result,
  )
}

/** How often /me is asked while the plan has no call left: an upgrade, or somebody's estimate put right, brings new ones. */
const identifyWhenSpentEveryMs = 6 * hourMs

/** @returns null where /me was asked: what it said may have brought new calls */
async function monthSpent(
  deps: ActivityDeps,
  { allowance, state }: Situation,
  result: SliceResult,
): Promise<SliceResult['wait']> {
  const { period, nextReleaseMs, left } = allowance
  const isAllSpent = allowance.calls >= state.calls_per_month
  if (left === 0 && !isAllSpent) return shareSpent(deps.clock.now(), period.endMs)
  const asked = isAllSpent ? 0 : await identify(deps, () => identifyWhenSpentEveryMs)
  result.calls += asked
  if (asked > 0) return null
  const nextTryMs = isAllSpent
    ? period.endMs
    : Math.min(nextReleaseMs, deps.clock.now() + identifyWhenSpentEveryMs)
  return { reason: 'month', untilMs: Math.min(nextTryMs, period.endMs), goesOnMs: period.endMs }
}
