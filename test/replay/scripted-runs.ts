import type { Activities, DeliverySlice, SliceResult, TimedWait } from '../../activities/contract.ts'
import type { DeliverInput } from '../../workflows/deliver.ts'
import type { SyncInput } from '../../workflows/sync.ts'

/** What an activity does in its turn: it returns a result, fails, or takes long. */
export type Turn<Result> = Result | 'fails' | 'takes more than a minute'

/** A workflow with scripted activities, so that it takes a path that would otherwise need hours. */
export interface ScriptedRun {
  /** Names the workflow and the files of its histories. */
  name: string
  start: { type: 'sync'; input: SyncInput } | { type: 'deliver'; input: DeliverInput }
  /** The turns of each activity; the last one is repeated. */
  turns: { [Name in keyof Activities]?: Turn<Awaited<ReturnType<Activities[Name]>>>[] }
  /** Signals `rowsLanded`, each after the time from the one before. */
  signals?: { afterMs: number; isUrgent: boolean }[]
  cancelAfterMs?: number
}

const connector = 'recorded'
const hourMs = 3_600_000
const planned: ScriptedRun['start'] = {
  type: 'sync',
  input: { connector, mode: 'planned', everyMs: hourMs },
}
const manual: ScriptedRun['start'] = { type: 'sync', input: { connector, mode: 'now' } }
const delivery: ScriptedRun['start'] = { type: 'deliver', input: { connector, destination: 'crm' } }

/** A slice of a sync that waits like one with a wrong clock: only `forMs` counts. */
function waits(reason: TimedWait['reason'], forMs: number, hasNews = false): SliceResult {
  const untilMs = Date.parse('2026-11-27T12:00:00Z')
  return { calls: 1, landed: 2, isDone: false, wait: { reason, untilMs, forMs }, hasNews }
}

const done: SliceResult = { calls: 1, landed: 0, isDone: true, wait: null, hasNews: false }
const nothingForHours = waits('plan', 3 * hourMs)
const delivered: DeliverySlice = { delivered: 3, rejected: 1, isDone: true }
const more: DeliverySlice = { delivered: 3, rejected: 0, isDone: false }

function gathers(forMs: number): DeliverySlice {
  return { ...delivered, gatherUntilMs: Date.parse('2026-11-27T12:00:00Z'), gatherForMs: forMs }
}

function retries(forMs: number): DeliverySlice {
  const retryAtMs = Date.parse('2026-11-27T12:00:00Z')
  const failure = { code: 'DESTINATION_UNAVAILABLE', message: 'down', attempts: 1, sinceMs: 0, retryAtMs }
  return { ...delivered, failures: [{ stream: 'scans', ...failure }], retryAtMs, retryForMs: forMs }
}

export const scriptedRuns: ScriptedRun[] = [
  {
    name: 'planned-with-waits',
    start: planned,
    turns: {
      followPlan: [waits('minute', 100, true), waits('plan', 100), waits('failures', 100), nothingForHours],
    },
  },
  {
    name: 'planned-continued',
    start: planned,
    turns: { followPlan: [...Array<SliceResult>(9).fill(waits('minute', 100, true)), nothingForHours] },
  },
  { name: 'planned-that-fails', start: planned, turns: { followPlan: [waits('minute', 100), 'fails'] } },
  {
    name: 'planned-overdue',
    start: planned,
    turns: { followPlan: ['takes more than a minute', nothingForHours] },
  },
  {
    name: 'planned-cancelled',
    start: planned,
    turns: { followPlan: [waits('month', hourMs)] },
    cancelAfterMs: 3_000,
  },
  {
    name: 'manual-continued',
    start: manual,
    turns: {
      refreshCatalogue: [
        ...Array<SliceResult>(5).fill(waits('minute', 100, true)),
        waits('outage', 100),
        done,
      ],
      collectScans: [...Array<SliceResult>(6).fill(waits('minute', 100, true)), done],
    },
  },
  {
    name: 'gathering-until-its-time',
    start: delivery,
    turns: { deliver: [gathers(500), delivered] },
  },
  {
    name: 'gathering-that-somebody-asks-for',
    start: delivery,
    turns: { deliver: [gathers(hourMs), delivered] },
    signals: [
      { afterMs: 2_000, isUrgent: false },
      { afterMs: 2_000, isUrgent: true },
    ],
  },
  {
    name: 'failing-in-part',
    start: delivery,
    turns: { deliver: [retries(500), retries(hourMs), delivered] },
    signals: [{ afterMs: 4_000, isUrgent: false }],
  },
  {
    name: 'delivery-overdue',
    start: delivery,
    turns: { deliver: ['takes more than a minute', delivered] },
  },
  {
    name: 'delivery-continued',
    start: delivery,
    turns: { deliver: [...Array<DeliverySlice>(12).fill(more), delivered] },
  },
]
