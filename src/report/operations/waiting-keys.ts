import { count, time } from '../format.ts'

/** Keys of link rules that have no record at a destination. */
export interface WaitingKeysOf {
  destination: string
  keys: number
  /** From when on a sync looks the first of them up again; null if the next sync does. */
  nextLookMs: number | null
}

/** Says, without a full stop, what waits and until when. People create records for those who have scanned, so this is no failure. */
export function describeWaitingKeys({ destination, keys, nextLookMs }: WaitingKeysOf, nowMs: number): string {
  const sync =
    nextLookMs === null || nextLookMs <= nowMs ? 'the next sync' : `the first sync after ${time(nextLookMs)}`
  return `${count(keys, 'key')} ${keys === 1 ? 'waits' : 'wait'} for a record in ${destination}; ${sync} looks ${keys === 1 ? 'it' : 'them'} up again`
}
