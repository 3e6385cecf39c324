import { ApiError } from '../../src/source/api-error.ts'
import { historyEndpoint, lateScansEndpoint, type FailureTarget } from '../../src/ledger/failures/failures.ts'
import { noteLook, noteSuccess, takeTurn } from '../../src/ledger/failures/outages.ts'
import type { ErrorCode } from '../../src/model/connector-error.ts'
import type { ActivityDeps } from '../deps.ts'
import { CallsSpent } from './calls-spent.ts'

/** A look or a call is back within this time beyond its time limit; else another worker takes its turn. */
const graceMs = 10_000

/** What a call is for, in the words of `qrsync usage`. */
export type Purpose = 'identify' | 'list' | 'catalogue' | 'scans' | 'history' | 'analytics' | 'late scans'

export interface CallPurpose {
  endpoint: 'GET /me' | 'GET /qr-codes' | 'GET /qr-codes/{id}/scans' | 'GET /qr-codes/{id}/analytics'
  purpose: Purpose
  qrCodeId?: string
  /** Calls of the month that this one must leave untouched; none where a person asks. */
  keptBack: number
}

export function targetOf({ endpoint, purpose, qrCodeId = '' }: Omit<CallPurpose, 'keptBack'>): FailureTarget {
  if (endpoint !== 'GET /qr-codes/{id}/scans') return { endpoint, qrCodeId }
  if (purpose === 'late scans') return { endpoint: lateScansEndpoint, qrCodeId }
  return { endpoint: purpose === 'history' ? historyEndpoint : endpoint, qrCodeId }
}

/**
 * Waits for no outage: while one stands, one caller at a time looks whether the API is back, which costs nothing, and may then
 * spend a call on it.
 *
 * @throws CallsSpent
 */
export async function passOutages(deps: ActivityDeps, target: FailureTarget): Promise<void> {
  const { ledger, connector, clock, api, syncId = null } = deps
  const holdMs = deps.callTimeoutMs + graceMs
  let turn = await takeTurn(ledger, connector, target, { nowMs: clock.now(), holdMs, syncId })
  if (turn.kind === 'look') {
    const isAlive = await api.isAlive(pathOf(target))
    turn = await noteLook(ledger, connector, target, { isAlive, nowMs: clock.now(), holdMs })
  }
  if (turn.kind === 'wait') throw new CallsSpent({ reason: 'outage', untilMs: turn.untilMs })
}

/**
 * What a call has brought is landed: its target works.
 *
 * @param isWhole whether it was the end of what was asked for, and not a page of it
 */
export async function callSucceeded(
  { ledger, connector, clock }: ActivityDeps,
  purpose: Omit<CallPurpose, 'keptBack'>,
  isWhole: boolean,
): Promise<void> {
  await noteSuccess(ledger, connector, targetOf(purpose), { isWhole, nowMs: clock.now() })
}

const permanent: readonly ErrorCode[] = ['API_KEY_REJECTED', 'PLAN_NOT_ALLOWED', 'CONFIG_INVALID']

/**
 * Whether an error is the target's own: it is kept with it, and everything else goes on. Not so for what the API says of the
 * whole account, for a pause that it asks for, and for what it says of a code or an address that it does not know.
 */
export function isFailureOfTarget(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false
  return (
    error.code !== 'API_RATE_LIMITED' && error.code !== 'API_NOT_FOUND' && !permanent.includes(error.code)
  )
}

function pathOf({ endpoint, qrCodeId }: FailureTarget): string {
  const path = endpoint.replace(/^GET | \(.*\)$/g, '')
  return path.replace('{id}', encodeURIComponent(qrCodeId))
}
