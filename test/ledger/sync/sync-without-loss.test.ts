import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectScans } from '../../../activities/sync/collect-scans.ts'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { refreshCatalogue } from '../../../activities/sync/refresh-catalogue.ts'
import { profileArbitrary } from '../../support/source/api-profiles.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'
import { ModelApi } from '../../support/source/model-api.ts'
import { ledgerKinds, temporaryLedger, type LedgerKind } from '../../support/ledger/temporary-ledger.ts'

const { signal } = new AbortController()

async function depsFor(kind: LedgerKind, api: ModelApi): Promise<ActivityDeps> {
  return activityDeps({ api, ledger: await temporaryLedger(kind) })
}

/** The crashes of a test are gone with the next attempt; any other error would come back forever. */
function untilRevived(error: unknown): false {
  if (error instanceof Error && error.message === 'killed') return false
  throw error
}

/** Runs one sync like the workflow: repeats an activity that dies, and skips waits. */
async function sync(deps: ActivityDeps): Promise<void> {
  const { clock } = deps
  for (const activity of [refreshCatalogue, collectScans]) {
    let isDone = false
    while (!isDone) {
      const result = await activity(deps, signal).catch(untilRevived)
      if (result === false) continue
      isDone = result.isDone
      if (result.wait !== null) await clock.sleep(Math.max(result.wait.untilMs - clock.now(), 1))
    }
  }
}

const landedIds = async ({ ledger }: ActivityDeps) =>
  (await ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id).sort()

/** What happens around a call: scans of this millisecond or a later one, and the caller's death. */
const eventArbitrary = fc.record({
  code: fc.nat({ max: 4 }),
  scans: fc.nat({ max: 5 }),
  laterMs: fc.constantFrom(0, 0, 0, 1),
  id: fc.nat({ max: 999 }),
  dies: fc.nat({ max: 5 }).map((n) => n === 0),
})

describe.each(ledgerKinds)('a sync, on %s,', (kind) => {
  it('loses and duplicates no scan: same millisecond, arrivals between pages, crashes before and after a call', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(eventArbitrary, { maxLength: 60, size: 'max' }),
        profileArbitrary,
        async (script, profile) => {
          const events = [...script]
          const api = new ModelApi()
          Object.assign(api, profile)
          const { hasCounts } = profile
          let nowMs = Date.parse('2026-01-01T00:00:00Z')
          for (let index = 0; index < 5; index++) api.addScan(api.addCode(), nowMs, `first-${index}`)
          let added = 0
          const happen = () => {
            const event = events.shift()
            if (event === undefined) return
            nowMs += event.laterMs
            const code = api.codes[event.code]
            // Ids without order, so that a scan of the same millisecond may be inserted before one that was
            // read already.
            if (code) {
              for (let n = 0; n < event.scans; n++) api.addScan(code, nowMs, `${event.id}-${n}-${added++}`)
            }
            if (event.dies) throw new Error('killed')
          }
          api.beforeCall = happen
          api.afterCall = happen
          const sleep = (ms: number) => {
            nowMs += ms
            return Promise.resolve()
          }
          const clock = { now: () => nowMs, sleep }
          const deps = { ...(await depsFor(kind, api)), clock, callsPerMinute: 1_000_000 }
          for (let round = 0; round < 3 || events.length > 0; round++) await sync(deps)
          // Without counts, the list does not show a second scan of a code in one millisecond: the next scan
          // reveals it.
          if (!hasCounts) for (const code of api.codes) api.addScan(code, nowMs + 1, `last-${code.id}`)
          await sync(deps)
          expect(await landedIds(deps)).toEqual(api.scans.map(({ id }) => id).sort())
          await deps.ledger.destroy()
        },
      ),
      { endOnFailure: true, numRuns: kind === 'sqlite' ? 25 : 6 },
    )
  })

  it('costs 1 call with nothing new, and 1 + k with new scans of k codes; without the sort it reads the whole list', async () => {
    const api = new ModelApi()
    api.perPage = 10
    for (let index = 0; index < 25; index++) {
      api.addScan(api.addCode(), 1_000 + ((index * 7) % 25), `first-${index}`)
    }
    const deps = await depsFor(kind, api)
    await sync(deps)

    const callsOf = async (run: () => Promise<void>) => {
      api.calls = []
      await run()
      return api.calls
    }
    expect(await callsOf(() => sync(deps))).toEqual(['list'])
    for (const index of [3, 7, 7, 20]) {
      const code = api.codes[index]
      if (code) api.addScan(code, 2_000 + index, `second-${index}-${api.scans.length}`)
    }
    expect(await callsOf(() => sync(deps))).toEqual(['list', 'scans', 'scans', 'scans'])
    api.sortsByLastScan = false
    expect(await callsOf(() => sync(deps))).toEqual(['list', 'list', 'list'])
    await deps.ledger.destroy()
  })

  it('reads a list to its end if the API ignores the sort, even if its first page looks sorted', async () => {
    const api = new ModelApi()
    Object.assign(api, { perPage: 2, sortsByLastScan: false })
    for (let index = 0; index < 5; index++) api.addScan(api.addCode(), 1_000 - index, `first-${index}`)
    const deps = await depsFor(kind, api)
    await sync(deps)
    const last = api.codes.at(-1)
    if (last) api.addScan(last, 2_000, 'second')
    await sync(deps)
    await sync(deps)
    if (last) api.addScan(last, 3_000, 'third')
    await sync(deps)
    expect(await landedIds(deps)).toEqual(api.scans.map(({ id }) => id).sort())
    await deps.ledger.destroy()
  })

  it('pays for a page once: a collection that crashes continues after the last page it landed', async () => {
    const api = new ModelApi()
    const code = api.addCode()
    for (let index = 0; index < 20; index++) api.addScan(code, 1_000 + index, `scan-${index}`)
    const deps = await depsFor(kind, api)
    let deaths = 3
    api.beforeCall = () => {
      if (api.calls.length > 2 && deaths-- > 0) throw new Error('killed')
    }
    await sync(deps)
    // /me, one page of the list, seven pages of three scans: as many as without crashes.
    expect(api.calls.length).toBe(2 + 7)
    expect((await landedIds(deps)).length).toBe(20)
    await deps.ledger.destroy()
  })
})
