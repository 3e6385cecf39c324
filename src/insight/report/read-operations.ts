import type { Ledger } from '../../ledger/base/schema.ts'
import { readDeliveryFailures } from '../../ledger/deliveries/delivery-failures.ts'
import { toTime, toTimeOrNull } from '../../model/to-time.ts'
import type {
  DestinationState,
  OperationsData,
  SetAsideState,
} from '../../report/operations/operations-data.ts'
import { readDestination } from '../read-destinations.ts'
import { readFailingReport } from '../read-failing-report.ts'
import { readReport, type ReportedAccount } from './read-report.ts'
import { readUpToDate, type ShownAccount } from './read-scans-data.ts'

/** The account and its destinations. */
export interface OperatedAccount extends ShownAccount {
  destinations: readonly (ReportedAccount['destinations'][number] & { where: string | null })[]
}

const mostReasons = 20

/** Returns the state of a connector from the ledger, without a call. */
export async function readOperations(
  account: OperatedAccount,
  nowMs: number,
): Promise<Omit<OperationsData, 'alerts' | 'runs'>> {
  const { ledger, state, destinations } = account
  const { connector } = state
  return {
    connector,
    made_at: toTime(nowMs),
    up_to_date: await readUpToDate(account, nowMs),
    sync: {
      last_at: toTimeOrNull(state.synced_at_ms),
      due_at: toTimeOrNull(state.sync_due_ms),
      next_look_at: toTimeOrNull(state.next_look_at_ms),
      failure: state.sync_failure,
      history_paused_since: toTimeOrNull(state.history_paused_at_ms),
    },
    failing: await readFailingReport(ledger, connector, nowMs),
    destinations: await readDestinationStates(ledger, connector, destinations),
    set_aside: await readSetAsideState(ledger, connector),
    report: await readReport(account, nowMs),
  }
}

async function readDestinationStates(
  ledger: Ledger,
  connector: string,
  destinations: OperatedAccount['destinations'],
): Promise<DestinationState[]> {
  const states: DestinationState[] = []
  for (const { name, type, where, streams } of destinations) {
    const standing = await readDestination(ledger, connector, name, streams)
    const { rowsBehind, completeAtMs, refused, refill } = standing
    const failures = await readDeliveryFailures(ledger, { connector, destination: name }, streams)
    states.push({
      name,
      type,
      where,
      rows_behind: rowsBehind,
      complete_at: toTimeOrNull(completeAtMs),
      refused_rows: refused,
      failures: failures.map(({ stream, code, message, sinceMs, retryAtMs }) => ({
        stream,
        code,
        message,
        since: toTime(sinceMs),
        next_try_at: toTime(retryAtMs),
      })),
      refill_from: refill?.before ?? null,
      waiting_keys: standing.waitingKeys,
      waiting_keys_due_at: toTimeOrNull(standing.waitingKeysDueAtMs),
    })
  }
  return states
}

async function readSetAsideState(ledger: Ledger, connector: string): Promise<SetAsideState> {
  const reasons = await ledger
    .selectFrom('set_aside')
    .select((eb) => [
      'stream',
      'reason',
      eb.fn.countAll<number>().as('rows'),
      eb.fn.max('last_seen_ms').as('lastSeenMs'),
    ])
    .where('connector', '=', connector)
    .groupBy(['stream', 'reason'])
    .orderBy('rows', 'desc')
    .orderBy('reason')
    .execute()
  return {
    rows: reasons.reduce((sum, { rows }) => sum + rows, 0),
    reasons: reasons.slice(0, mostReasons).map(({ lastSeenMs, ...reason }) => ({
      ...reason,
      last_seen_at: toTime(lastSeenMs),
    })),
  }
}
