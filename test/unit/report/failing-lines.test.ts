import { expect, it } from 'vitest'
import { describeFailing } from '../../../src/cli/views/failing.ts'
import type { FailingReport } from '../../../src/insight/read-failing-report.ts'

const at = (minute: number) => `2026-03-31T12:${String(minute).padStart(2, '0')}:00.000Z`
const failed = { code: 'API_UNAVAILABLE', message: 'down', attempts: 2, next_try_at: at(30) }

function failureOf(name: string, endpoint: string, minute: number): FailingReport['failures'][number] {
  return { ...failed, qr_code_id: `id of ${name}`, name, endpoint, since: at(minute) }
}

const outageOf = (endpoint: string | null): FailingReport['outages'][number] => ({
  endpoint,
  code: 'API_UNAVAILABLE',
  message: 'down',
  since: at(10),
  next_probe_at: at(20),
})

const scans = 'GET /qr-codes/{id}/scans'

it('the report lists codes that failed before an outage, but not codes that failed because of it', () => {
  const failures = [
    failureOf('Before', scans, 5),
    failureOf('Within', scans, 12),
    failureOf('Late', `${scans} (late scans)`, 12),
    failureOf('Elsewhere', 'GET /qr-codes/{id}/analytics', 12),
  ]
  const namesOf = (endpoint: string | null) =>
    describeFailing({ failures, outages: [outageOf(endpoint)] })
      .slice(1)
      .map((line) => /^Code "?(\w+)/.exec(line)?.[1])
  expect(namesOf(scans)).toEqual(['Before', 'Elsewhere'])
  expect(namesOf(null)).toEqual(['Before'])
  expect(namesOf('GET /qr-codes'), 'the list is another endpoint').toEqual([
    'Before',
    'Within',
    'Late',
    'Elsewhere',
  ])
})
