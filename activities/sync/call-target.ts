import { ApiError } from '../../src/source/api-error.ts'
import { historyEndpoint, lateScansEndpoint, type FailureTarget } from '../../src/ledger/failures/failures.ts'
import { noteLook, noteSuccess, takeTurn } from '../../src/ledger/failures/outages.ts'
import type { ErrorCode } from '../../src/model/connector-error.ts'
import type { ActivityDeps } from '../deps.ts'
import { CallsSpent } from './calls-spent.ts'

/** A probe or a call returns within its time limit and this time. After that, another worker may take the turn. */
const graceMs = 10_000

/** What a call is for, in the words of `qrsync usage`. */
export type Purpose = 'identify' | 'list' | 'catalogue' | 'scans' | 'history' | 'analytics' | 'late scans'

export interface CallPurpose {
  endpoint: 'GET /me' | 'GET /qr-codes' | 'GET /qr-codes/{id}/scans' | 'GET /qr-codes/{id}/analytics'
  purpose: Purpose
  qrCodeId?: string
  /** How many of the month's calls this call must leave unspent; 0 in a manual sync. */
  keptBack: number
}

export function targetOf({ endpoint, purpose, qrCodeId = '' }: Omit<CallPurpose, 'keptBack'>): FailureTarget {
  if (endpoint !== 'GET /qr-codes/{id}/scans') return { endpoint, qrCodeId }
  if (purpose === 'late scans') return { endpoint: lateScansEndpoint, qrCodeId }
  return { endpoint: purpose === 'history' ? historyEndpoint : endpoint, qrCodeId }
}

/**
 * Lets a call pass unless its target is in an outage. During an outage, one caller at a time checks whether the API is back,
 * which costs no call, and may then make a call.
 *
 * @throws CallsSpent if the caller has to wait
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
 * Records that a target works: the result of a call to it has landed.
 *
 * @param isWhole whether the call completed what was requested, and did not just fetch one page of it
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
 * Whether an error concerns only its target. Such an error is stored with the target, and everything else continues. Errors of the
 * whole account, requests for a pause, and answers that a code or an address does not exist are not of this kind.
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
