import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  NotSettled,
  settleInputs,
  type Verdicts,
} from '../../../src/destinations/hubspot/records/settle-inputs.ts'

const inputsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `row-${index}` }))

interface World {
  /** Inputs that HubSpot never accepts. */
  bad: ReadonlySet<string>
  /** How it reports them. */
  tells: 'nothing of the batch' | 'each' | 'the first' | 'by leaving out' | 'one, of all'
}

/** A HubSpot for batches: which inputs it accepted, and how many calls it got. */
function vendor({ bad, tells }: World) {
  const taken = new Set<string>()
  let calls = 0
  const send = (inputs: readonly { key: string }[]): Promise<Verdicts<string>> => {
    calls += 1
    const spoilt = inputs.filter(({ key }) => bad.has(key)).map(({ key }) => key)
    const refuse = (keys: string[]) => new Map(keys.map((key) => [key, `${key} is wrong`]))
    const nothing = { done: new Map(), refused: new Map(), passing: new Map() }
    if (spoilt.length > 0 && tells === 'nothing of the batch') {
      return Promise.resolve({ ...nothing, reason: 'something is wrong' })
    }
    if (spoilt.length > 0 && tells === 'one, of all') {
      return Promise.resolve({ ...nothing, refused: refuse(spoilt.slice(0, 1)), reason: null })
    }
    const good = inputs.filter(({ key }) => !bad.has(key)).map(({ key }) => key)
    for (const key of good) taken.add(key)
    let named: string[] = []
    if (tells === 'each') named = spoilt
    if (tells === 'the first') named = spoilt.slice(0, 1)
    return Promise.resolve({
      done: new Map(good.map((key) => [key, key])),
      refused: refuse(named),
      passing: new Map(),
      reason: spoilt.length > 0 && tells !== 'by leaving out' ? 'something is wrong' : null,
    })
  }
  return { send, taken, calls: () => calls }
}

const worlds = fc.record({
  count: fc.integer({ min: 1, max: 100 }),
  badPlaces: fc.uniqueArray(fc.nat(99), { maxLength: 12 }),
  tells: fc.constantFrom<World['tells'][]>(
    'nothing of the batch',
    'each',
    'the first',
    'by leaving out',
    'one, of all',
  ),
})

describe('settling the inputs of a batch', () => {
  test('confirms each input that HubSpot accepted and refuses the others, in few calls, however HubSpot reports them', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ count, badPlaces, tells }) => {
        const inputs = inputsOf(count)
        const bad = new Set(badPlaces.filter((place) => place < count).map((place) => `row-${place}`))
        // A HubSpot that reports nothing at all has its own test.
        fc.pre(tells !== 'by leaving out' || bad.size < count)
        const { send, taken, calls } = vendor({ bad, tells })
        const { done, refused } = await settleInputs(inputs, send)
        expect(new Set(done.keys())).toEqual(
          new Set(inputs.map(({ key }) => key).filter((key) => !bad.has(key))),
        )
        expect(new Set(done.keys())).toEqual(taken)
        expect(new Set(refused.keys())).toEqual(bad)
        expect(calls()).toBeLessThanOrEqual(1 + 2 * bad.size * (Math.ceil(Math.log2(count)) + 1))
      }),
      { numRuns: 500 },
    )
  })

  test('needs one call if everything succeeds, and none for no inputs', async () => {
    const { send, calls } = vendor({ bad: new Set(), tells: 'each' })
    expect((await settleInputs(inputsOf(100), send)).done.size).toBe(100)
    expect(calls()).toBe(1)
    await settleInputs([], send)
    expect(calls()).toBe(1)
  })

  test('sends an input with a temporary error once more, alone', async () => {
    const sent: string[][] = []
    const { done } = await settleInputs(inputsOf(4), (inputs) => {
      sent.push(inputs.map(({ key }) => key))
      const isFirst = sent.length === 1
      const good = isFirst ? inputs.slice(0, 3) : inputs
      return Promise.resolve({
        done: new Map(good.map(({ key }) => [key, key])),
        refused: new Map(),
        reason: null,
        passing: new Map(isFirst ? [['row-3', { reason: 'too many calls', isSure: true }]] : []),
      })
    })
    expect(done.size).toBe(4)
    expect(sent).toEqual([['row-0', 'row-1', 'row-2', 'row-3'], ['row-3']])
  })

  test('ends with the reason if the temporary error comes again', async () => {
    const send = (inputs: readonly { key: string }[]): Promise<Verdicts<string>> =>
      Promise.resolve({
        done: new Map(),
        refused: new Map(),
        reason: null,
        passing: new Map(inputs.map(({ key }) => [key, { reason: 'locked', isSure: true }])),
      })
    await expect(settleInputs(inputsOf(3), send)).rejects.toThrow(new NotSettled('locked'))
  })

  test('refuses an input whose conflict comes again', async () => {
    const { done, refused } = await settleInputs(inputsOf(3), (inputs) =>
      Promise.resolve({
        done: new Map<string, string>(),
        refused: new Map(),
        reason: null,
        passing: new Map(inputs.map(({ key }) => [key, { reason: 'taken', isSure: false }])),
      }),
    )
    expect(done.size).toBe(0)
    expect([...refused.values()]).toEqual(['taken', 'taken', 'taken'])
  })

  test('treats a HubSpot that reports nothing as an outage: it refuses no row, and does not make 200 calls', async () => {
    let calls = 0
    const send = (): Promise<Verdicts<string>> => {
      calls += 1
      return Promise.resolve({ done: new Map(), refused: new Map(), passing: new Map(), reason: null })
    }
    await expect(settleInputs(inputsOf(100), send)).rejects.toThrow(NotSettled)
    expect(calls).toBeLessThan(12)
    await expect(settleInputs(inputsOf(1), send)).rejects.toThrow(NotSettled)
  })

  test('ends if a call fails', async () => {
    const failed = new Error('no connection')
    await expect(settleInputs(inputsOf(3), () => Promise.reject(failed))).rejects.toBe(failed)
  })
})
