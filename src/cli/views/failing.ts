import { concerns } from '../../ledger/failures/outage-scope.ts'
import type { FailingReport } from '../../insight/read-failing-report.ts'
import type { OpenErasure } from '../../ledger/erasure/erasures.ts'
import { codeName, number, time } from './format.ts'

const shown = (at: string) => time(Date.parse(at))

/** More lines would hide everything else. */
const mostShown = 20

/** Returns one line for each failure: what, why, since when, and when it is retried. */
export function describeFailing({ failures, outages }: FailingReport): string[] {
  const wholes = outages.map(
    ({ endpoint, code, message, since, next_probe_at }) =>
      `${endpoint ?? 'The API as a whole'} fails since ${shown(since)}: ${code}: ${message} ` +
      `Next probe ${shown(next_probe_at)}.`,
  )
  // For a target that fails because of an outage, the outage says why, and when it is retried.
  const own = failures.filter((failure) => !outages.some((outage) => isOf(outage, failure)))
  const lines = own
    .slice(0, mostShown)
    .map(
      ({ code, message, attempts, since, next_try_at, ...target }) =>
        `${targetName(target)} fails since ${shown(since)}: ${code}: ${message} ` +
        `(attempt ${number(attempts)} failed, the next is at ${shown(next_try_at)})`,
    )
  const more = own.length - lines.length
  return [
    ...wholes,
    ...lines,
    ...(more > 0 ? [`${number(more)} more fail: "qrsync status --json" lists them`] : []),
  ]
}

function isOf(
  { endpoint, since }: FailingReport['outages'][number],
  failure: FailingReport['failures'][number],
): boolean {
  const target = { endpoint: failure.endpoint, qrCodeId: failure.qr_code_id ?? '' }
  return concerns({ endpoint }, target) && (failure.qr_code_id === null || failure.since >= since)
}

function targetName(target: { qr_code_id: string | null; name: string | null; endpoint: string }): string {
  const { qr_code_id: id, name, endpoint } = target
  return id === null ? endpoint : `Code ${codeName({ id, name })} (${id}), ${endpoint},`
}

/** Describes what a sync has left incomplete, in lines for its user; empty if it is complete. */
export function describeIncomplete({
  failures,
  set_aside_rows: setAside,
}: Pick<FailingReport, 'failures'> & { set_aside_rows: number }): string[] {
  const lines = failures.length === 0 ? [] : [failuresText(failures)]
  return setAside === 0 ? lines : [...lines, `Incomplete: ${setAsideText(setAside)}.`]
}

/** Returns one line for each erasure that a destination has not done. */
export function describeOpenErasures(erasures: readonly OpenErasure[]): string[] {
  return erasures.map(
    ({ destination, qr_code_id: id, problem }) =>
      `${destination} has not erased the code ${id}${problem === null ? '.' : `: ${problem}`} ` +
      `Deliveries ${problem === null ? 'do so' : 'try again'} while a worker runs`,
  )
}

/** For a line about rows that could not be read. */
export function setAsideText(rows: number): string {
  const what =
    rows === 1
      ? '1 row of the API is malformed and set aside'
      : `${number(rows)} rows of the API are malformed and set aside`
  return `${what}: see "qrsync rejects list"`
}

function failuresText(failures: FailingReport['failures']): string {
  const listed = failures.slice(0, mostShown).map(({ code, ...target }) => {
    const { qr_code_id: id, name } = target
    return id === null ? `${target.endpoint}: ${code}` : `${codeName({ id, name })} (${id}): ${code}`
  })
  const more = failures.length - listed.length
  const rest = more > 0 ? `, and ${number(more)} more` : ''
  return (
    `Incomplete, because calls of the API fail: ${listed.join(', ')}${rest}. ` +
    'Everything else that the API has reported is landed and delivered. ' +
    'qrsync retries these automatically while a worker is running; "qrsync status" shows why they fail.'
  )
}
