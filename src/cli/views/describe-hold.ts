import { holdEndsMs } from '../../insight/read-hold.ts'
import { readProgress } from '../../insight/read-progress.ts'
import type { Ledger } from '../../ledger/base/schema.ts'
import type { Wait, WaitReason } from '../../budget/windows.ts'
import { toTime } from '../../model/to-time.ts'
import { number, time } from './format.ts'

/** Says why no call is made, until when, and how many scans wait for it, in a sentence. */
export function describeHold(hold: Wait, waitingScans: number): string {
  return textOf(hold.reason, holdEndsMs(hold), waitingScans)
}

/** The same for a command that ends before its sync does; null if the sync is complete. */
export async function describeHeld(
  { ledger, connector }: { ledger: Ledger; connector: string },
  hold: Wait | null,
): Promise<string | null> {
  if (hold === null) return null
  const { missingScans } = await readProgress(ledger, connector)
  return `${describeHold(hold, missingScans)}. The sync then continues automatically.`
}

/** The same for what `status` has read. */
export function describeUsedUp({ reason, until }: Waits, waitingScans: number): string {
  return textOf(reason, Date.parse(until), waitingScans)
}

function textOf(reason: WaitReason, untilMs: number, waitingScans: number): string {
  const scans = `${number(waitingScans)} ${waitingScans === 1 ? 'scan is' : 'scans are'} waiting`
  return `${causeOf(reason)} until ${time(untilMs)}${waitingScans === 0 ? '' : `; ${scans}`}`
}

/** Why a sync waits, in the form that `--json` prints; null if it does not wait. */
export interface Waits {
  reason: WaitReason
  until: string
}

export function toWaits(hold: Wait | null): Waits | null {
  return hold && { reason: hold.reason, until: toTime(holdEndsMs(hold)) }
}

function causeOf(reason: WaitReason): string {
  switch (reason) {
    case 'month':
      return "The month's calls are used up"
    case 'share':
      return "qrsync's share of the month's calls (budget.share) is used up"
    case 'outage':
      return 'The API fails, and is not called'
    default:
      return 'The API asked for a pause'
  }
}
