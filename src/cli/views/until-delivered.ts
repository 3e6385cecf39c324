import type { DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import { minuteMs } from '../../model/durations.ts'
import type { RunFailure, RunStanding } from '../../temporal/read-runs.ts'
import type { DeliveryWatch } from './delivery-watch.ts'
import { describeFailure } from './describe-status.ts'
import { time } from './format.ts'

/**
 * A file that somebody reads, or a server that restarts, is available again by then. After that, the user
 * should know why.
 */
const longestFailingMs = minuteMs

export interface AwaitedDelivery {
  watch: DeliveryWatch
  /** The delivery's workflow; undefined while the Temporal server does not answer. */
  readRun: () => Promise<RunStanding | null | undefined>
  /** @param obstacle why the destination does not accept rows now, to be appended to a line; '' if it does */
  onLook: (obstacle: string, run: RunStanding | null | undefined) => Promise<void>
}

/**
 * Waits until a destination has everything that has landed. It does not wait for a failing stream once all
 * others are delivered. If the whole destination fails, it waits for a minute.
 *
 * @returns the streams that are not delivered
 */
export async function untilDelivered({
  watch,
  readRun,
  onLook,
}: AwaitedDelivery): Promise<DeliveryFailure[]> {
  let failingSinceMs: number | null = null
  for (;;) {
    const end = await watch.end()
    if (end !== null) return end
    const run = await readRun()
    const failure = run?.failure ?? null
    if (failure === null) failingSinceMs = null
    else failingSinceMs ??= Date.now()
    if (failure !== null && failingSinceMs !== null && Date.now() - failingSinceMs > longestFailingMs) {
      return watch.givenUp(failure, failingSinceMs)
    }
    await onLook(failure === null ? await describeStreams(watch) : describeRun(failure), run)
  }
}

async function describeStreams(watch: DeliveryWatch): Promise<string> {
  const failures = await watch.failures()
  return failures.map((failure) => `; ${describeFailure(failure)}`).join('')
}

export function describeRun({ type, message, attempt, nextAttemptAtMs }: RunFailure): string {
  const what = message.replaceAll(/\.?\n/g, '. ')
  if (attempt === null) return `; ${type ?? 'Error'}: ${what}`
  const next = nextAttemptAtMs === null ? '' : `, next try ${time(nextAttemptAtMs)}`
  return `; qrsync retries automatically: ${what} (${type ?? 'Error'}, attempt ${attempt} has failed${next})`
}
