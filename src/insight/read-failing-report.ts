import { toTime } from '../model/to-time.ts'
import { readNamedFailures, type NamedFailure } from '../ledger/failures/failures.ts'
import { readOutages, type Outage } from '../ledger/failures/outages.ts'
import type { Ledger } from '../ledger/base/schema.ts'

/** What fails in the API, in the form that `--json` prints. */
export interface FailingReport {
  /** Failing calls for a code or, without a code, for the account. */
  failures: {
    qr_code_id: string | null
    name: string | null
    endpoint: string
    code: string
    message: string
    attempts: number
    since: string
    next_try_at: string
  }[]
  /** An endpoint that fails as a whole, or (null) the whole API. */
  outages: { endpoint: string | null; code: string; message: string; since: string; next_probe_at: string }[]
}

export async function readFailingReport(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): Promise<FailingReport> {
  const failures = await readNamedFailures(ledger, connector, nowMs)
  const outages = await readOutages(ledger, connector, nowMs)
  return { failures: failures.map(toFailure), outages: outages.map(toOutage) }
}

function toFailure(failure: NamedFailure): FailingReport['failures'][number] {
  return {
    qr_code_id: failure.qrCodeId === '' ? null : failure.qrCodeId,
    name: failure.name,
    endpoint: failure.endpoint,
    code: failure.code,
    message: failure.message,
    attempts: failure.attempts,
    since: toTime(failure.sinceMs),
    next_try_at: toTime(failure.retryAtMs),
  }
}

function toOutage(outage: Outage): FailingReport['outages'][number] {
  return {
    endpoint: outage.endpoint,
    code: outage.code,
    message: outage.message,
    since: toTime(outage.firstFailedMs),
    next_probe_at: toTime(outage.nextProbeMs),
  }
}
