import { dayMs, hourMs } from '../../../src/model/durations.ts'
import fc from 'fast-check'
import type { PlanInput, PlannedCall, PlannedCode } from '../../../src/budget/planned-code.ts'

export const nowMs = Date.parse('2026-03-10T15:20:00Z')
export const periodEndsMs = Date.parse('2026-04-01T00:00:00Z')

/** A code without waiting scans or targets. */
export const quietCode: PlannedCode = {
  id: 'code',
  ratePerHour: 0.1,
  pending: 0,
  asOfMs: nowMs,
  emptyAtMs: nowMs,
  isHistory: false,
  history: null,
  priority: 1,
  targetMs: null,
  scansSinceAnalytics: null,
  gap: null,
}

export const quietInput: PlanInput = {
  nowMs,
  periodEndsMs,
  codes: [],
  callsLeft: 3_000,
  callsNow: 3_000,
  historyCallsLeft: 1_000,
  list: { pages: 3, isSorted: true, tells: true, listedAtMs: nowMs },
  fixedCallsPerHour: 0.2,
  lastPriceStep: undefined,
}

const ageMs = fc.integer({ min: 0, max: 10 * dayMs })
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 2 })

export const rates = fc.double({ min: Math.log(1e-4), max: Math.log(100), noNaN: true }).map(Math.exp)

export const codes: fc.Arbitrary<PlannedCode> = fc
  .record({
    ratePerHour: rates,
    pending: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
    ages: fc.tuple(ageMs, ageMs),
    isHistory: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    ownHistory: fc.option(fc.integer({ min: 0, max: 4_000 }), { freq: 1 }),
    priority: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 })),
    targetMs: fc.option(fc.integer({ min: 60_000, max: 7 * dayMs }), { freq: 3 }),
    scansSinceAnalytics: orNull(fc.integer({ min: 0, max: 1_000 })),
    gap: fc.option(
      fc.record({ scans: fc.integer({ min: 1, max: 50 }), ageMs, calls: fc.integer({ min: 1, max: 2 }) }),
      { freq: 1 },
    ),
  })
  .map(({ ages, gap, ownHistory, ...code }) => ({
    ...code,
    history: code.isHistory ? null : ownHistory,
    id: 'code',
    asOfMs: nowMs - Math.min(...ages),
    emptyAtMs: nowMs - Math.max(...ages),
    gap: gap && { scans: gap.scans, calls: gap.calls, sinceMs: nowMs - gap.ageMs },
  }))

const lists: fc.Arbitrary<PlanInput['list']> = fc
  .record({
    pages: fc.integer({ min: 1, max: 20 }),
    isSorted: fc.boolean(),
    tells: fc.boolean(),
    listedAgeMs: fc.option(ageMs, { freq: 5 }),
  })
  .map(({ listedAgeMs, ...list }) => ({ ...list, listedAtMs: listedAgeMs && nowMs - listedAgeMs }))

export const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    codes: fc.array(codes, { maxLength: 12 }),
    callsLeft: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 100_000 })),
    spared: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 })),
    historyCallsLeft: fc.integer({ min: 0, max: 500 }),
    fixedCallsPerHour: fc.double({ min: 0, max: 1, noNaN: true }),
    untilMs: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 31 * dayMs })),
    list: lists,
  })
  .map(({ codes, spared, untilMs, ...input }) => ({
    ...input,
    nowMs,
    periodEndsMs: nowMs + untilMs,
    lastPriceStep: undefined,
    callsNow: Math.max(input.callsLeft - spared, 0),
    codes: codes.map((code, index) => ({ ...code, id: `code-${index}` })),
  }))

/** The input after a call that found nothing. */
export function afterCall(input: PlanInput, call: PlannedCall): PlanInput {
  const { nowMs: atMs, list } = input
  const callsLeft = input.callsLeft - (call.kind === 'list' && !list.isSorted ? list.pages : 1)
  const left = { callsLeft, callsNow: input.callsNow - (input.callsLeft - callsLeft) }
  if (call.kind === 'list') {
    const codes = input.codes.map((code) =>
      code.pending > 0 ? code : { ...code, asOfMs: atMs, emptyAtMs: Math.max(code.emptyAtMs, atMs) },
    )
    return { ...input, ...left, codes, list: { ...list, listedAtMs: atMs } }
  }
  const landed = { pending: 0, asOfMs: atMs, emptyAtMs: atMs }
  const after: Record<typeof call.kind, Partial<PlannedCode>> = {
    scans: landed,
    history: { history: null, isHistory: false },
    analytics: { scansSinceAnalytics: 0 },
    gap: { gap: null },
  }
  const codes = input.codes.map((code) =>
    code.id === call.qrCodeId
      ? { ...code, ...after[call.kind], ...(call.kind === 'history' && code.isHistory && landed) }
      : code,
  )
  const historyCallsLeft = input.historyCallsLeft - (call.kind === 'history' ? 1 : 0)
  return { ...input, ...left, historyCallsLeft, codes }
}

export { dayMs, hourMs }
