import { expect, it } from 'vitest'
import { describePlan, type PlanReport } from '../../../src/cli/views/plan-report.ts'

const none = { mean_lag_h: null, p50_lag_h: null, p95_lag_h: null }
const report: PlanReport = {
  connector: 'acme',
  plan: 'pro',
  from: '2026-11-28T12:00:00.000Z',
  forecast: {
    ...none,
    simulated_days: 30,
    calls_per_month: 5_000,
    calls: { identify: 30, list: 0, catalogue: 0, scans: 70, history: 0, analytics: 0, others: 0 },
    codes: 250,
    scans: 2_746,
    worst_codes: [],
    freshness: [],
  },
  advanced: null,
  notes: [],
  this_month: null,
}

it('the plan says from what it estimates the scans, right after their number', () => {
  const [head, basis] = describePlan(report).split('\n')
  expect(head).toBe('acme on pro: 30 days from 2026-11-28, 250 codes, about 2,746 scans.')
  expect(basis).toMatch(/^The scans are estimated from those of each code so far, .*three weeks count most/)
})
