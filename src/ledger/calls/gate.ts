import type { Transaction } from 'kysely'
import type { Gate, GateReason } from '../../budget/gate.ts'
import { lockConnector, type ConnectorState } from '../connector/connector-state.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'

/** Why, and until when, to close the gate. */
export interface Closing {
  reason: GateReason
  /** No call is sent before this time (epoch ms). */
  untilMs: number
  /** A text for people: what happened, where, and what comes next. */
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

/** @returns the closed gate of a connector, or null if the gate is open */
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
 * Closes the gate, or keeps a closed gate closed for longer. The later time applies, except that the answer to a probe replaces
 * the earlier time. Call this after `lockConnector`, in the same transaction.
 */
export async function closeGate(
  transaction: Transaction<LedgerSchema>,
  connector: string,
  { reason, untilMs, text, nowMs }: Closing,
): Promise<void> {
  // Rounded up: no call may be sent within a fraction of a millisecond either.
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

/** Records that a call is the probe. The call uses up the operator's pass, if there is one. */
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

/** The result of a probe. `unsent`: it was never sent, so it shows nothing, and another probe may be sent at once. */
export type ProbeResult = 'passed' | 'failed' | 'unsent'

/** How long a failed probe whose answer names no time keeps the gate closed, unless the gate is closed for longer anyway. */
const failedProbeMs = 60_000
const firstBackoffMs = 1_000

/**
 * Settles the probe, if the call was one.
 *
 * @param replacing whether the answer itself names a time, so that the caller calls `closeGate` next
 * @returns the shortest time for which the gate stays closed (ms), whatever time the answer names. It doubles with each failed
 *   probe, up to a minute. 0 if the call was not the probe, or if it did not fail.
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
      // A call that the operator let through and that was never sent may still be sent.
      gate_pass: result === 'unsent' && isEarly ? 1 : 0,
      ...(result === 'failed' && {
        gate_closed_at_ms: nowMs,
        gate_probes_failed: state.gate_probes_failed + 1,
        // 1 means closed. `closeGate` follows, and any time that it gets is later.
        gate_until_ms: replacing ? 1 : Math.max(gate.untilMs, nowMs + failedProbeMs),
      }),
    })
    .where('connector', '=', state.connector)
    .execute()
  return result === 'failed' ? Math.min(firstBackoffMs * 2 ** state.gate_probes_failed, failedProbeMs) : 0
}

/**
 * Lets the next call through a closed gate, as its probe, however long the gate is still closed for. An operator asks for this
 * with `qrsync sync --now` or `qrsync resume`.
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
