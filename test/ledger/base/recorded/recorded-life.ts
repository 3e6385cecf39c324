import { deliver } from '../../../../activities/delivery/deliver.ts'
import type { Destination } from '../../../../src/destinations/destination.ts'
import type { Ledger } from '../../../../src/ledger/base/schema.ts'
import { ModelApi } from '../../../support/source/model-api.ts'
import { dayMs, hourMs, planMonth, type PlannedMonth } from '../../../support/worlds/planned-month.ts'

const startMs = Date.parse('2026-11-01T00:00:00Z')
/** The old version stops before this call, in the middle of the history of some codes. */
const lastCall = 24
const stopped = 'stopped'

/** How a version continues from the recorded ledger: its calls to the API, and how many rows it delivers. */
export interface Continuation {
  calls: { endpoint: string; purpose: string; qr_code_id: string | null; sent_at_ms: number }[]
  delivered: number
  scans: number
}

export interface RecordedLife {
  /** What everything is delivered to. */
  bi: Partial<Destination>
  hasAnalytics: boolean
}

/**
 * An account that the API's model always builds in the same way: ten codes with history, and new scans every
 * hour.
 */
function createAccount(): ModelApi {
  const api = new ModelApi()
  Object.assign(api, { perPage: 100, plan: 'pro', perMonth: 5_000 })
  for (let index = 0; index < 10; index += 1) api.addCode()
  for (const [index, code] of api.codes.entries()) {
    const scans = 40 + 90 * index
    for (let number = 0; number < scans; number += 1) {
      const atMs = Math.floor(startMs - 30 * dayMs + (number * 30 * dayMs) / scans)
      api.addScan(code, atMs, `${code.id}-${number}`)
    }
  }
  return api
}

/** Runs a month hour by hour, so that no scan exists before its time. */
async function live(month: PlannedMonth, api: ModelApi, untilMs: number): Promise<void> {
  while (month.now() < untilMs) {
    const fromMs = month.now()
    await month.runUntil(fromMs + hourMs)
    const hour = Math.floor((fromMs - startMs) / hourMs)
    for (const [index, code] of api.codes.entries()) {
      if ((hour + index) % (index + 1) > 0) continue
      api.addScan(code, fromMs + index * 60_000, `${code.id}-hour-${hour}`)
    }
  }
}

/** The account and the time when the old version stopped. */
export async function liveUntilStopped(
  ledger: Ledger,
  { bi = inMemory, hasAnalytics = false }: Partial<RecordedLife> = {},
): Promise<{ api: ModelApi; nowMs: number }> {
  const api = createAccount()
  const month = await planMonth(api, { startMs, ledger, hasAnalytics })
  let calls = 0
  api.beforeCall = () => {
    calls += 1
    if (calls === lastCall) throw new Error(stopped)
  }
  try {
    await live(month, api, startMs + 3 * dayMs)
  } catch (error) {
    if ((error as Error).message !== stopped) throw error
  }
  api.beforeCall = () => undefined
  await deliverAll(month, bi)
  return { api, nowMs: month.now() }
}

/** Runs half a day more, with a delivery at its end. */
export async function goOn(
  ledger: Ledger,
  api: ModelApi,
  nowMs: number,
  { bi = inMemory, hasAnalytics = false }: Partial<RecordedLife> = {},
): Promise<Continuation> {
  const month = await planMonth(api, { startMs: nowMs, ledger, hasAnalytics })
  const { id: lastId } = await ledger
    .selectFrom('calls')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirstOrThrow()
  await live(month, api, nowMs + dayMs / 2)
  const calls = await ledger
    .selectFrom('calls')
    .select(['endpoint', 'purpose', 'qr_code_id', 'sent_at_ms'])
    .where('id', '>', lastId)
    .orderBy('id')
    .execute()
  const { scans } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('scans'))
    .executeTakeFirstOrThrow()
  return { calls, delivered: await deliverAll(month, bi), scans }
}

const inMemory: Partial<Destination> = {
  streams: ['qr_codes', 'scans'],
  batch: { rows: 500, characters: 4_000_000 },
  gatherMs: 0,
  apply: () => Promise.resolve([]),
  identity: () => Promise.resolve('memory'),
  async *write(_stream, rows) {
    yield await Promise.resolve(rows.map(({ id }) => ({ id, is: 'confirmed' as const })))
  },
  close: () => Promise.resolve(),
}

async function deliverAll({ deps }: PlannedMonth, bi: Partial<Destination>): Promise<number> {
  const work = { ...deps, destinations: new Map([['bi', bi as Destination]]) }
  let delivered = 0
  for (;;) {
    const slice = await deliver(work, { destination: 'bi', isUrgent: true }, new AbortController().signal)
    delivered += slice.delivered
    if (slice.isDone) return delivered
  }
}
