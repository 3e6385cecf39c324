import type { Transaction } from 'kysely'
import type { Gate, GateReason } from '../../budget/gate.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** What to close the gate for. */
export interface Closing {
  reason: GateReason
  /** Epoch ms: no call before. */
  untilMs: number
  /** For people: what happened, where, and what comes next. */
  text: string
  nowMs: number
}

export type GateColumns = Pick<
  ConnectorState,
  | 'gate_kind'
  | 'gate_reason'
  | 'gate_since_ms'
  | 'gate_until_ms'
  | 'gate_closed_at_ms'
  | 'gate_probe_until_ms'
  | 'gate_pass'
>

/** The gate of a connector; null where it is open. */
export function gateOf(state: GateColumns): Gate | null {
  if (state.gate_until_ms === 0) return null
  const closedAtMs = state.gate_closed_at_ms ?? 0
  return {
    reason: state.gate_kind ?? 'retry_after',
    text: state.gate_reason ?? '',
    sinceMs: state.gate_since_ms ?? closedAtMs,
    untilMs: state.gate_until_ms,
    closedAtMs,
    probeUntilMs: state.gate_probe_until_ms,
    isPassGiven: state.gate_pass === 1,
  }
}

/**
 * Closes the gate, or keeps a closed one closed for longer: a later time counts, except that the answer to the probe is the
 * newest word and replaces what was said before. Comes after `lockConnector` in its transaction.
 */
export async function closeGate(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { reason, untilMs, text, nowMs }: Closing,
): Promise<void> {
  // A part of a millisecond too is time in which no call may go.
  const wholeMs = Math.ceil(untilMs)
  await transaction
    .updateTable('gates')
    .set((eb) => ({
      gate_until_ms: wholeMs,
      gate_kind: reason,
      gate_reason: text,
      gate_closed_at_ms: nowMs,
      gate_since_ms: eb
        .case()
        .when('gate_until_ms', '=', 0)
        .then(nowMs)
        .else(eb.fn.coalesce('gate_since_ms', eb.val(nowMs)))
        .end(),
    }))
    .where('connector', '=', connector)
    .where('gate_until_ms', '<', wholeMs)
    .execute()
}

async function openGate(transaction: Transaction<LedgerSchema>, connector: string): Promise<void> {
  await transaction
    .updateTable('gates')
    .set({
      gate_until_ms: 0,
      gate_kind: null,
      gate_reason: null,
      gate_since_ms: null,
      gate_closed_at_ms: null,
      gate_probe_id: null,
      gate_probe_until_ms: 0,
      gate_pass: 0,
      gate_probes_failed: 0,
    })
    .where('connector', '=', connector)
    .execute()
}

/** Notes that a call is the probe. It takes the pass, where a person has given one. */
export async function sendProbe(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { callId, untilMs }: { callId: number; untilMs: number },
): Promise<void> {
  await transaction
    .updateTable('gates')
    .set({ gate_probe_id: callId, gate_probe_until_ms: untilMs, gate_pass: 0 })
    .where('connector', '=', connector)
    .execute()
}

/** What came of a probe. `unsent`: it never left, and nothing is known; another may go at once. */
export type ProbeResult = 'passed' | 'failed' | 'unsent'

/** A probe that failed without naming a time keeps the gate closed this long, unless the time that was named is later. */
const failedProbeMs = 60_000
const firstBackoffMs = 1_000

/**
 * Settles the probe, if the call was one.
 *
 * @param replacing the answer itself names a time, and `closeGate` follows
 * @returns ms for which the gate stays closed at least, whatever time is named: twice as long after each probe that failed,
 *   up to a minute. 0 where the call was no probe, or opened the gate.
 */
export async function settleProbe(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  {
    callId,
    result,
    nowMs,
    replacing,
  }: { callId: number; result: ProbeResult; nowMs: number; replacing: boolean },
): Promise<number> {
  const gate = gateOf(state)
  if (gate === null || state.gate_probe_id !== callId) return 0
  if (result === 'passed') {
    await openGate(transaction, state.connector)
    return 0
  }
  const isEarly = gate.untilMs > nowMs
  await transaction
    .updateTable('gates')
    .set({
      gate_probe_id: null,
      gate_probe_until_ms: 0,
      // A person's call that never left still may.
      gate_pass: result === 'unsent' && isEarly ? 1 : 0,
      ...(result === 'failed' && {
        gate_closed_at_ms: nowMs,
        gate_probes_failed: state.gate_probes_failed + 1,
        // 1: closed, and any time that `closeGate` is given is later.
        gate_until_ms: replacing ? 1 : Math.max(gate.untilMs, nowMs + failedProbeMs),
      }),
    })
    .where('connector', '=', state.connector)
    .execute()
  return result === 'failed' ? Math.min(firstBackoffMs * 2 ** state.gate_probes_failed, failedProbeMs) : 0
}

/**
 * A person asks for calls now (`qrsync sync --now`, `qrsync resume`): the next call goes through a closed gate as its probe,
 * however long the gate is still closed for.
 *
 * @returns whether the gate is closed
 */
export async function letOneThrough(ledger: Ledger, connector: string): Promise<boolean> {
  return ledger.transaction().execute(async (transaction) => {
    const state = await lockConnector(transaction, connector)
    if (gateOf(state) === null) return false
    await transaction.updateTable('gates').set({ gate_pass: 1 }).where('connector', '=', connector).execute()
    return true
  })
}
