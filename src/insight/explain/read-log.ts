import type { Ledger } from '../../ledger/base/schema.ts'
import { readAlertHistory } from '../../ledger/connector/alerts.ts'
import { readAllDeliveryFailures } from '../../ledger/deliveries/delivery-failures.ts'
import { readRejects } from '../../ledger/deliveries/rejects.ts'
import { readSourceChanges } from '../../ledger/shapes/note-shapes.ts'
import { toTime } from '../../model/to-time.ts'
import { describeSourceChange } from '../source/describe-source-change.ts'

/** An event that the ledger has stored; names as in the JSON of `qrsync logs`. */
export interface LogEntry {
  at: string
  kind: 'call' | 'refused row' | 'failing stream' | 'change of the API' | 'alert'
  is_problem: boolean
  text: string
}

export interface LogOf {
  /** The number of latest events to read. */
  limit: number
  /** Whether to read only what went wrong. */
  onlyProblems: boolean
}

/** Returns the latest events of a connector, in the order in which they happened. */
export async function readLog(ledger: Ledger, connector: string, of: LogOf): Promise<LogEntry[]> {
  const { limit, onlyProblems } = of
  const entries = [
    ...(await calls(ledger, connector, of)),
    ...(await readRejects(ledger, { connector }, limit)).map(({ destination, stream, id, reason, ...row }) =>
      entryOf(row.rejectedAtMs, 'refused row', true, `${destination} refused ${id} of ${stream}: ${reason}`),
    ),
    ...(await readAllDeliveryFailures(ledger, [connector])).map(({ destination, stream, code, ...row }) =>
      entryOf(
        row.failedAtMs,
        'failing stream',
        true,
        `${destination}: ${stream} fails: ${code}: ${row.message}`,
      ),
    ),
    ...(await readSourceChanges(ledger, [connector], 0)).map((change) =>
      entryOf(change.noticedAtMs, 'change of the API', change.kind !== 'new', describeSourceChange(change)),
    ),
    ...(await alerts(ledger, connector, of)),
  ]
  return entries
    .filter(({ is_problem: isProblem }) => isProblem || !onlyProblems)
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .slice(-limit)
}

async function calls(ledger: Ledger, connector: string, { limit, onlyProblems }: LogOf): Promise<LogEntry[]> {
  const latest = await ledger
    .selectFrom('calls')
    .selectAll()
    .where('connector', '=', connector)
    .$if(onlyProblems, (query) => query.where('outcome', 'not in', ['ok', 'pending']))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return latest.map(({ endpoint, purpose, qr_code_id, sent_at_ms, outcome, http_status, rows }) => {
    const asked = endpoint.replace('{id}', qr_code_id ?? '{id}')
    const status = http_status === null ? '' : `, ${http_status}`
    const brought = rows === null ? '' : `, ${rows} ${rows === 1 ? 'row' : 'rows'}`
    const isProblem = outcome !== 'ok' && outcome !== 'pending'
    return entryOf(sent_at_ms, 'call', isProblem, `${asked} (${purpose}): ${outcome}${status}${brought}`)
  })
}

async function alerts(
  ledger: Ledger,
  connector: string,
  { limit, onlyProblems }: LogOf,
): Promise<LogEntry[]> {
  const history = await readAlertHistory(ledger, connector, { limit, withoutEnds: onlyProblems })
  return history.map(({ condition, destination, state, at_ms: atMs, text }) => {
    const where = destination === '' ? '' : `${destination}: `
    const what = text === '' ? '' : `: ${text}`
    return entryOf(atMs, 'alert', state !== 'over', `${where}${condition}${what}`)
  })
}

function entryOf(atMs: number, kind: LogEntry['kind'], isProblem: boolean, text: string): LogEntry {
  return { at: toTime(atMs), kind, is_problem: isProblem, text }
}
