import { describe, expect, it } from 'vitest'
import { callsPerMinuteAt } from '../../../src/budget/minute.ts'
import { reserveCall, settleCall } from '../../../src/ledger/calls/calls.ts'
import { delayMs } from '../../../src/model/delay.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const limit = 60
const minuteMs = 60_000
const startMs = Date.parse('2026-03-10T12:00:00Z')
const request = { connector: 'test', endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs: 30_000 }

interface Tally {
  ok: number
  refused: number
}

/**
 * Runs eight lanes that always have work, next to another client whose calls arrive at the given times; the
 * API's window is exact.
 */
async function shareMinute(others: readonly number[], minutes: number): Promise<Tally[]> {
  const ledger = await temporaryLedger('sqlite', { perMinute: limit, perMonth: 100_000 })
  const arrivals: number[] = []
  const pending = [...others]
  const tallies = Array.from({ length: minutes }, () => ({ ok: 0, refused: 0 }))
  const inWindow = (nowMs: number) => arrivals.filter((atMs) => atMs > nowMs - minuteMs)
  for (let nowMs = startMs; nowMs < startMs + minutes * minuteMs; nowMs += 500) {
    for (; (pending[0] ?? Infinity) <= nowMs; pending.shift()) {
      if (inWindow(nowMs).length < limit) arrivals.push(pending[0] ?? nowMs)
    }
    const lanes = []
    for (let lane = 0; lane < 8; lane++) {
      const reservation = await reserveCall(ledger, { ...request, now: () => nowMs })
      if (!reservation.granted) break
      lanes.push(reservation)
    }
    for (const lane of lanes) {
      const tally = tallies[Math.floor((nowMs - startMs) / minuteMs)]
      const taken = inWindow(nowMs)
      const isFull = taken.length >= limit
      if (!isFull) arrivals.push(nowMs)
      if (tally !== undefined) tally[isFull ? 'refused' : 'ok'] += 1
      const freeMs = Math.ceil(((taken[0] ?? nowMs) + minuteMs - nowMs) / 1_000) * 1_000
      const settlement = isFull
        ? ({ outcome: 'refused', httpStatus: 429, retryAfterMs: delayMs(freeMs), window: 'minute' } as const)
        : ({ outcome: 'ok', httpStatus: 200 } as const)
      await ledger
        .transaction()
        .execute((transaction) => settleCall(transaction, lane.call, { ...settlement, nowMs: nowMs + 50 }))
    }
  }
  await ledger.destroy()
  return tallies
}

const sum = (tallies: Tally[], of: keyof Tally) => tallies.reduce((total, tally) => total + tally[of], 0)

describe('a minute that other clients share', () => {
  it('grows back to the plan’s limit within ten quiet minutes, and never shrinks meanwhile', () => {
    const at = (minutes: number) =>
      callsPerMinuteAt(limit, { to: 30, atMs: startMs }, startMs + minutes * minuteMs)
    const course = Array.from({ length: 11 }, (_, minutes) => at(minutes))
    expect(course).toEqual(course.toSorted((a, b) => a - b))
    expect([course[0], course[9], course[10]]).toEqual([30, 54, 60])
  })

  it('is completely ours again ten minutes after another client filled it once', async () => {
    const burst = Array.from({ length: limit }, () => startMs)
    const tallies = await shareMinute(burst, 14)
    expect(sum(tallies, 'refused')).toBeLessThanOrEqual(8)
    expect(sum(tallies.slice(12), 'ok')).toBeGreaterThanOrEqual(110)
  })

  it('leaves us the calls that another client does not use, with few refused attempts', async () => {
    const steady = Array.from({ length: 50 * 30 }, (_, call) => startMs + call * 1_200)
    const tallies = await shareMinute(steady, 30)
    const settled = tallies.slice(5)
    // 10 of 60 calls per minute are left, and at least half of them are used.
    expect(sum(settled, 'ok')).toBeGreaterThanOrEqual(5 * settled.length)
    expect(sum(settled, 'refused')).toBeLessThanOrEqual(settled.length)
  })
})
