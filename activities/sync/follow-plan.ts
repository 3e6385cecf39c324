import { hourMs } from '../../src/model/durations.ts'
import { ourCalls } from '../../src/budget/allowance.ts'
import { cadenceOf, type Cadence } from '../../src/budget/cadence.ts'
import { plan } from '../../src/budget/plan.ts'
import type { CodeCallKind, Plan, PlannedCall, PlannedCode } from '../../src/budget/planned-code.ts'
import { priceOfStep, stepOfPrice } from '../../src/budget/price/rule-book.ts'
import { askForSetAside } from '../../src/ledger/scans/ask-again.ts'
import { readConnector, type ConnectorState } from '../../src/ledger/connector/connector-state.ts'
import { readCode, readHistory } from '../../src/ledger/codes/due-codes.ts'
import { historyEndpoint, lateScansEndpoint, type FailureTarget } from '../../src/ledger/failures/failures.ts'
import { keepPlan } from '../../src/ledger/connector/note-sync.ts'
import { profileOf } from '../../src/ledger/connector/profile.ts'
import { readAllowance, type MonthAllowance } from '../../src/ledger/calls/read-allowance.ts'
import { readPlannedCodes } from '../../src/ledger/codes/read-plan-input.ts'
import type { ApiProfile } from '../../src/model/api-profile.ts'
import { shareSpent } from '../../src/budget/windows.ts'
import { CallsSpent } from './calls-spent.ts'
import { collectCode } from './collect-code.ts'
import type { SliceResult } from '../contract.ts'
import type { ActivityDeps } from '../deps.ts'
import { readFailing, type Failing } from './failing.ts'
import { identify, identifyAs } from './identify.ts'
import { allLanes, inLanes } from './lanes.ts'
import { listNextPage } from './list-pass.ts'
import { PageProgress } from './page-progress.ts'
import { readAnalytics, searchLateScans } from './read-analytics.ts'
import { Slice } from './slice.ts'

const sliceMs = 3_000

/**
 * Makes the calls that the planner finds worth making, for a slice of time, and returns the time of the next check. The result of a
 * call may change the value of the next one, so it plans again after each pass of the list and after each batch. A failing target
 * waits for its backoff, and delays nothing else.
 */
export async function followPlan(deps: ActivityDeps, signal: AbortSignal): Promise<SliceResult> {
  const slice = new Slice(signal, sliceMs)
  while (!slice.isOver) {
    try {
      const known = await readConnector(deps.ledger, deps.connector)
      const asked = await identifyAs(deps, known)
      slice.countCalls(asked)
      const state = asked === 0 ? known : await readConnector(deps.ledger, deps.connector)
      const situation = await readSituation(deps, state)
      const { allowance, planned, failing } = situation
      if (Math.min(allowance.forPlan, allowance.forPlanNow) < 1) {
        await waitForMonth(deps, slice, situation)
        continue
      }
      if (await readList(deps, slice, situation)) continue
      if (planned.calls.length === 0) {
        if (await probesApi(deps, slice, failing)) continue
        slice.wait(waitOf(situation, deps.clock.now()))
        continue
      }
      const isOut = failing.outages.length > 0
      // During an outage, one call at a time shows whether it continues.
      const lanes = isOut ? 1 : allLanes
      const calls = isOut ? healthyFirst(planned.calls, failing) : planned.calls
      await inLanes(deps, slice, lanes, calls, (call) => makeCall(deps, slice, call, situation))
    } catch (error) {
      slice.pieceEnded(error, deps.clock.now())
      // The remaining calls of the month are reserved for others. The next plan takes that into account.
      if (error instanceof CallsSpent && error.wait.reason === 'kept') return slice.more()
    }
  }
  return slice.more()
}

/**
 * If the plan has no call to make, checks whether an outage is over. An outage of /me is checked the same way,
 * because no other call uses /me while the account is known.
 */
async function probesApi(deps: ActivityDeps, slice: Slice, failing: Failing): Promise<boolean> {
  const isOut = failing.outages.some(
    ({ endpoint }) => endpoint === null || endpoint === accountTarget.endpoint,
  )
  if (!isOut || failing.heldUntilMs(accountTarget) > deps.clock.now()) return false
  slice.countCalls(await identify(deps, 0))
  return true
}

/** A failure whose retry is later than this is left to the next run, even if the Schedule starts one run a day. */
const longestRetryWaitMs = hourMs

/**
 * Decides how long to wait. A run waits for failures that are retried soon, and does not leave them to the next
 * run.
 */
function waitOf({ planned, failing }: Situation, nowMs: number): NonNullable<SliceResult['wait']> {
  const { outages, failures } = failing
  // A target whose retry is due but which has nothing to fetch waits for something else.
  const earliest = (timesMs: number[]) => Math.min(planned.nextLookMs, ...timesMs.filter((at) => at > nowMs))
  if (outages.length > 0) {
    const probesMs = outages.map(({ endpoint }) =>
      failing.heldUntilMs(endpoint === null ? accountTarget : { endpoint, qrCodeId: '' }),
    )
    return { reason: 'outage', untilMs: earliest(probesMs) }
  }
  const retriesMs = failures
    .map(({ retryAtMs }) => retryAtMs)
    .filter((at) => at > nowMs && at - nowMs <= longestRetryWaitMs)
  if (retriesMs.length > 0) return { reason: 'failures', untilMs: earliest(retriesMs) }
  return { reason: 'plan', untilMs: planned.nextLookMs }
}

function healthyFirst(calls: readonly PlannedCall[], { failureOf }: Failing): PlannedCall[] {
  const attempts = (call: PlannedCall) =>
    call.kind === 'list' ? 0 : (failureOf(targetOfCode(call.kind, call.qrCodeId))?.attempts ?? 0)
  return calls.toSorted((a, b) => attempts(a) - attempts(b))
}

interface Situation {
  state: ConnectorState
  profile: ApiProfile
  allowance: MonthAllowance
  cadence: Cadence
  planned: Plan
  failing: Failing
}

async function readSituation(deps: ActivityDeps, state: ConnectorState): Promise<Situation> {
  const { ledger, connector, clock, budget, settingsOf, hasAnalytics } = deps
  const nowMs = clock.now()
  const profile = profileOf(state)
  const allowance = await readAllowance(ledger, state, budget, nowMs)
  await askForSetAside(ledger, connector, { nowMs, syncId: null })
  const { codes, shape, list } = await readPlannedCodes(ledger, state, { settingsOf, hasAnalytics }, nowMs)
  const failing = await readFailing(deps)
  const heldUntilMs = failing.heldUntilMs(listTarget)
  const updatedPages = profile.updatedSince === false ? list.pages : 1
  const cadence = cadenceOf(ourCalls(state.calls_per_month, budget.share), list.pages, updatedPages)
  const planned = plan(
    {
      nowMs,
      codes: withHolds(codes, failing),
      callsLeft: allowance.forPlan,
      callsNow: allowance.forPlanNow,
      historyCallsLeft: state.history_paused_at_ms === null ? allowance.forHistory : 0,
      fixedCallsPerHour: cadence.callsPerHour,
      periodEndsMs: allowance.period.endMs,
      // A failing list reports no new scans. The planner then fetches codes by the scans that it expects.
      list: {
        ...list,
        tells: list.tells && heldUntilMs <= nowMs,
        listedAtMs: state.listed_at_ms,
        heldUntilMs,
      },
      lastPriceStep: state.price_ms === null ? undefined : stepOfPrice(state.price_ms / hourMs),
    },
    deps.rules.for(shape),
  )
  await keepPlan(ledger, connector, priceOfStep(planned.priceStep) * hourMs, planned.nextLookMs)
  return { state, profile, allowance, cadence, planned, failing }
}

const accountTarget: FailureTarget = { endpoint: 'GET /me', qrCodeId: '' }
const listTarget: FailureTarget = { endpoint: 'GET /qr-codes', qrCodeId: '' }

function withHolds(codes: readonly PlannedCode[], failing: Failing): readonly PlannedCode[] {
  if (failing.failures.length === 0 && failing.outages.length === 0) return codes
  return codes.map((code) => {
    const held = (kind: CodeCallKind) => failing.heldUntilMs(targetOfCode(kind, code.id))
    const scans = held('scans')
    const history = held('history')
    const analytics = held('analytics')
    // The search for late scans requests analytics first, and then scans.
    const isSearched = code.gap !== null && code.gap.calls > 1
    const gap = Math.max(scans, held('gap'), isSearched ? analytics : 0)
    return { ...code, heldUntilMs: { scans, history, analytics, gap } }
  })
}

function targetOfCode(kind: CodeCallKind, qrCodeId: string): FailureTarget {
  return { endpoint: endpoints[kind], qrCodeId }
}

const endpoints: Record<CodeCallKind, string> = {
  scans: 'GET /qr-codes/{id}/scans',
  history: historyEndpoint,
  analytics: 'GET /qr-codes/{id}/analytics',
  gap: lateScansEndpoint,
}

/**
 * Reads the list first, because it can make planned calls worthless. Finishes a pass that is under way.
 * @returns whether it read the list
 */
async function readList(
  deps: ActivityDeps,
  slice: Slice,
  { state, profile, allowance, cadence, planned, failing }: Situation,
): Promise<boolean> {
  const nowMs = deps.clock.now()
  if (failing.heldUntilMs(listTarget) > nowMs) return false
  const isUpdatedDue = nowMs - (state.changes_listed_at_ms ?? 0) >= cadence.updatedEveryMs
  const isFullDue = nowMs - (state.full_listed_at_ms ?? 0) >= cadence.fullEveryMs
  const kind = dueListPass()
  if (kind === null) return false
  const progress = new PageProgress()
  let isDone = false
  while (!isDone && !slice.signal.aborted) {
    isDone = await listNextPage(deps, kind, { keptBack: allowance.keptBack.plan, progress })
    slice.countCalls(1)
  }
  return true

  function dueListPass() {
    if (isFullDue || (isUpdatedDue && profile.updatedSince === false)) return 'full'
    if (isUpdatedDue) return 'updated'
    if (planned.calls[0]?.kind === 'list') return 'scanned'
    return state.list_pass_kind
  }
}

async function makeCall(
  deps: ActivityDeps,
  slice: Slice,
  call: PlannedCall,
  { allowance, state }: Situation,
): Promise<void> {
  if (call.kind === 'list') return
  const { plan: keptBack } = allowance.keptBack
  if (call.kind === 'analytics') {
    await readAnalytics(deps, slice, call.qrCodeId, { keptBack, untilDay: null })
    return
  }
  if (call.kind === 'gap') {
    await searchLateScans(deps, slice, call.qrCodeId, { keptBack })
    return
  }
  if (call.kind === 'history') {
    const history = await readHistory(deps.ledger, state, call.qrCodeId)
    if (history === null) return
    await collectCode(deps, slice, history, { keptBack: allowance.keptBack.history, extent: 'all' })
    return
  }
  const code = await readCode(deps.ledger, state, call.qrCodeId)
  if (code === null) return
  // The first scans of a code that is newer than the account's first sync are worth reserved calls: somebody
  // waits for them.
  await collectCode(deps, slice, code, { keptBack: code.isFirst ? 0 : keptBack, extent: 'full pages' })
}

/**
 * How often to request /me while the plan has no call left: after an upgrade, or a correction of the calls of
 * others, there are calls again.
 */
const identifyWhenSpentEveryMs = 6 * hourMs

/** Waits for more calls, unless /me was requested: its answer may have brought some. */
async function waitForMonth(
  deps: ActivityDeps,
  slice: Slice,
  { allowance, state }: Situation,
): Promise<void> {
  const { period, nextReleaseMs, left } = allowance
  const isAllSpent = allowance.calls >= state.calls_per_month
  if (left === 0 && !isAllSpent) {
    slice.wait(shareSpent(deps.clock.now(), period.endMs))
    return
  }
  const asked = isAllSpent ? 0 : await identify(deps, identifyWhenSpentEveryMs)
  slice.countCalls(asked)
  if (asked > 0) return
  const nextTryMs = isAllSpent
    ? period.endMs
    : Math.min(nextReleaseMs, deps.clock.now() + identifyWhenSpentEveryMs)
  slice.wait({ reason: 'month', untilMs: Math.min(nextTryMs, period.endMs), goesOnMs: period.endMs })
}
