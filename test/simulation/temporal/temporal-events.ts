import { ApplicationFailure } from '@temporalio/common'
import type { ActivityAttempt, ActivityOutcome } from './activity-attempt.ts'
import { checkHistory } from '../invariants/history-invariants.ts'
import { checkDone, noteSignal } from '../invariants/done-invariants.ts'
import { checkManualSync } from '../invariants/manual-sync.ts'
import type { TemporalEvents } from './temporal-server.ts'
import type { World } from '../world.ts'

/** Failures that are stored with the failing code or endpoint, and delay nothing else. */
const failuresOfTarget: readonly string[] = ['API_UNAVAILABLE', 'API_RESPONSE_INVALID', 'API_REQUEST_REFUSED']
/** The type of one of our errors; any other is a bug, and its stack is reported. */
const errorCode = /^[A-Z]+(_[A-Z]+)+$/
/** A worker heartbeats every second. */
const heardOfWithinMs = 2_000

/** What a run's story says about Temporal, and what must hold there. */
export function temporalEvents(world: World): TemporalEvents {
  const { story, violations } = world
  return {
    event: (text) => {
      story.tell('temporal', text)
    },
    activity: (actor, { order, number }, outcome) => {
      const attempt = number === 1 ? '' : ` (attempt ${number})`
      story.tell(actor.name, `${order.type} of ${order.run.workflowId}${attempt} ${endOf(outcome)}`)
      const type =
        outcome?.is === 'failed' && outcome.error instanceof ApplicationFailure ? outcome.error.type : null
      const stack = outcome?.is === 'failed' && outcome.error instanceof Error ? outcome.error.stack : ''
      // The UI shows it below the message, with which it begins.
      if (errorCode.test(type ?? '') && stack?.includes('\n') === true) {
        violations.add('histories', `the failure ${type ?? ''} of ${order.type} holds its stack`)
      }
      if (failuresOfTarget.includes(type ?? '')) {
        violations.add('liveness', `a call that failed has ended ${order.type}: ${type ?? ''}`)
      }
    },
    taskFailure: (run, reason) => {
      violations.add('determinism', `a task of ${run.workflowId} failed: ${reason}`)
    },
    signalled: (run) => {
      void world.time.hold(noteSignal(world, run))
    },
    closed: (run) => {
      checkHistory(world, run)
      void world.time.hold(checkDone(world, run))
      void world.time.hold(checkManualSync(world, run))
    },
    timedOut: (attempt) => {
      timedOut(world, attempt)
    },
  }
}

/** The heartbeats of a running worker that is not delayed arrive in time. */
function timedOut({ story, time, violations }: World, attempt: ActivityAttempt): void {
  const { order, actor, startedMs, atWorkSinceMs } = attempt
  const what = `${order.type} of ${order.run.workflowId} on ${actor.name}`
  story.tell('temporal', `${what} times out`)
  const wasFrozen = actor.frozenUntilMs > startedMs
  const isAtWork = atWorkSinceMs !== null && time.nowMs - atWorkSinceMs > heardOfWithinMs
  if (actor.isAlive && !wasFrozen && isAtWork) violations.add('heartbeats', `${what} timed out`)
}

function endOf(outcome: ActivityOutcome | null): string {
  if (outcome === null) return 'begins'
  if (outcome.is === 'completed') return `→ ${Buffer.from(outcome.result.data ?? []).toString()}`
  const { error } = outcome
  return error instanceof Error ? `fails: ${error.message}` : `fails: ${String(error)}`
}
