import type { Reject } from '../../ledger/deliveries/rejects.ts'
import type { KeptRow } from '../../ledger/scans/set-aside.ts'
import { number, table, time } from './format.ts'

/** A row that is set aside, in the form that `--json` prints. */
export const keptToJson = ({
  stream,
  qr_code_id,
  row_id,
  reason,
  json,
  first_seen_ms,
  last_seen_ms,
  version,
}: KeptRow) => ({
  stream,
  qr_code_id: qr_code_id === '' ? null : qr_code_id,
  id: row_id,
  reason,
  json,
  first_seen_at: new Date(first_seen_ms).toISOString(),
  last_seen_at: new Date(last_seen_ms).toISOString(),
  version,
})

export function describeKept(kept: readonly KeptRow[], all: number): string {
  const rows = kept.map(({ stream, qr_code_id, row_id, reason, last_seen_ms }) => [
    stream,
    qr_code_id,
    row_id ?? 'without an id',
    reason,
    time(last_seen_ms),
  ])
  const shown = table(['Stream', 'Code', 'Row', 'What is malformed', 'Last sent'], 5, rows)
  const more = all > kept.length ? `\n${number(all - kept.length)} more: --json shows all.` : ''
  return `Malformed rows of the API, set aside:\n${shown}${more}`
}

/** A refused row, in the form that `--json` prints. */
export const rejectToJson = ({ rejectedAtMs, ...reject }: Reject) => ({
  ...reject,
  rejected_at: new Date(rejectedAtMs).toISOString(),
})

export function describeRejects(rejects: readonly Reject[], all: number): string {
  if (all === 0) return 'No row is refused.'
  const rows = rejects.map(({ destination, stream, id, reason, attempts, rejectedAtMs }) => [
    destination,
    stream,
    id,
    reason,
    time(rejectedAtMs),
    attempts,
  ])
  const shown = table(['Destination', 'Stream', 'Row', 'Why', 'Last refused', 'Times'], 5, rows)
  return all > rejects.length ? `${shown}\n${number(all - rejects.length)} more: --json shows all.` : shown
}
