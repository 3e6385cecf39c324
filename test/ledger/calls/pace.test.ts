import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plannedByNow, periodOf } from '../../../src/budget/windows.ts'
import { readMonthStandings } from '../../../src/insight/read-month-standings.ts'
import { thresholds } from '../../../src/observability/alerts/conditions.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth } from '../../support/worlds/planned-month.ts'
import { randomFrom } from '../../support/random-from.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
const period = periodOf(startMs, null)

it('the planned spending starts with the history, never exceeds the month, and reaches the whole month at its end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 0, max: 120_000 }),
      fc.integer({ min: 0, max: 30 * dayMs }),
      fc.integer({ min: 0, max: 30 * dayMs }),
      (perMonth, historyCalls, early, late) => {
        const at = (afterMs: number) =>
          plannedByNow({ perMonth, historyCalls, period, nowMs: period.startMs + afterMs })
        const [from, to] = [Math.min(early, late), Math.max(early, late)]
        expect(at(0)).toBe(Math.min(historyCalls, perMonth))
        expect(at(from)).toBeLessThanOrEqual(at(to))
        expect(at(30 * dayMs)).toBeCloseTo(perMonth)
      },
    ),
  )
})

it('a first month with history that follows the plan is never ahead of pace; one whose calls others spend is', async () => {
  const api = new ModelApi()
  api.perMonth = 900
  api.perPage = 100
  const random = randomFrom(3)
  const codes = Array.from({ length: 15 }, () => api.addCode())
  const codeAt = () => codes[Math.floor(random() ** 2 * codes.length)] ?? api.addCode()
  for (let index = 0; index < 400; index++) {
    api.addScan(codeAt(), startMs - random() * 90 * dayMs, `old-${index}`)
  }
  const month = await planMonth(api, { startMs })
  const { ledger } = month.deps
  const aheadNow = async () => {
    const [standing] = await readMonthStandings(ledger, ['test'], month.now())
    if (standing === undefined) throw new Error('no standing')
    return (standing.spent - standing.planned) / standing.callsPerMonth
  }
  let scans = 0
  for (let hour = 1; hour <= 12 * 24; hour++) {
    const untilMs = startMs + hour * hourMs
    for (; random() < 0.6;) api.addScan(codeAt(), untilMs - random() * hourMs, `new-${scans++}`)
    await month.runUntil(untilMs)
    expect(await aheadNow(), `after ${hour} hours`).toBeLessThan(thresholds.budgetAheadShare)
  }
  api.callsThisMonth += 250
  await month.runUntil(startMs + 14 * dayMs)
  expect(await aheadNow()).toBeGreaterThan(thresholds.budgetAheadShare)
  await ledger.destroy()
})
