import { expect, it } from 'vitest'
import type { Status } from '../../../src/cli/read-status.ts'
import { problems } from '../../../src/cli/views/describe-status.ts'

const at = '2026-11-28T12:00:00.000Z'
const failure = {
  qr_code_id: null,
  name: null,
  endpoint: 'GET /qr-codes',
  code: 'API_UNAVAILABLE',
  message: 'GET /qr-codes: a server error (500); qrsync retries automatically.',
  attempts: 2,
  since: at,
  next_try_at: at,
}

/** A connector of which one endpoint fails. */
const statusWith = (hasWorker: boolean | null) =>
  ({
    budget: { gate: null, calls_per_minute: 60, calls_per_minute_limit: 60 },
    used_up: null,
    sync_failure: null,
    clock: null,
    failing: { failures: [failure], outages: [] },
    temporal_error: null,
    has_worker: hasWorker,
    schedule: null,
    syncs: [],
    destinations: [],
    open_erasures: [],
    set_aside_rows: 0,
    lost_scans: 0,
    source_changes: [],
    config: null,
  }) as unknown as Status

it('that qrsync retries is only said while a worker runs, which does it', () => {
  expect(problems(statusWith(true)).join()).toContain('a server error (500); qrsync retries automatically.')
  for (const hasWorker of [false, null]) {
    const [problem = ''] = problems(statusWith(hasWorker))
    expect(problem).toContain('a server error (500).')
    expect(problem).not.toContain('automatically')
  }
})
