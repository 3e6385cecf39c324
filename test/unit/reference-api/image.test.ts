import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesEtag } from '../../../reference-api/image/if-none-match.ts'
import { isPublicAddress } from '../../../reference-api/image/public-address.ts'
import { logoModules } from '../../../reference-api/image/qr-matrix.ts'
import { createTurns, TooManyWaiting, type TurnLimits } from '../../../reference-api/image/turns.ts'

describe('a public address', () => {
  test.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.1', '192.167.1.1', '223.255.255.255'])(
    'is %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  test.each(['2001:4860:4860::8888', '2606:4700::1111', '2a00:1450:4001:80e::200e'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test.each([
    ['this machine', ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::']],
    ['a private network', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12::1']],
    ['a link', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1']],
    ['a carrier', ['100.64.0.1', '100.127.255.255']],
    ['many', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'ff0e::1']],
    ['nobody', ['192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '240.0.0.1']],
    ['nobody, in six', ['2001:db8::1', '3fff::1', '100::1', '5f00::1', '4000::1', '2001:2::1']],
    [
      'IPv4 in IPv6',
      ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::ffff:0:10.0.0.1', '::127.0.0.1'],
    ],
    ['a gateway to IPv4', ['64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::1', '2001::1', '192.88.99.1']],
    ['the host of an Azure machine', ['168.63.129.16']],
    ['nothing', ['', 'localhost', 'example.com', '1.2.3.4.5', '::g', '127.1:80']],
  ])('is not that of %s', (_, addresses) => {
    for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false])
  })

  test('is not one that IPv6 wraps, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.constantFrom('::ffff:', '::ffff:0:', '::', '64:ff9b::'),
        (address, prefix) => {
          expect(isPublicAddress(prefix + address)).toBe(false)
        },
      ),
    )
  })
})

test('a logo covers an odd number of modules, at most a sixteenth of the code', () => {
  for (let version = 1; version <= 40; version++) {
    const size = 17 + 4 * version
    const modules = logoModules(size)
    expect(modules % 2).toBe(1)
    expect(modules ** 2 / size ** 2).toBeLessThanOrEqual(1 / 16)
    expect(modules).toBeGreaterThan(size / 4 - 2)
  }
})

describe('a queue', () => {
  test('runs jobs in order, at most the allowed number at once, and a failed job frees its slot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (atOnce, fails) => {
          const inTurn = createTurns({ atOnce })
          const started: number[] = []
          let running = 0
          let most = 0
          const results = await Promise.allSettled(
            fails.map((isFailing, index) =>
              inTurn('one', async () => {
                started.push(index)
                most = Math.max(most, ++running)
                await new Promise(setImmediate)
                running -= 1
                if (isFailing) throw new Error('on purpose')
                return index
              }),
            ),
          )
          expect(started).toEqual(fails.map((_, index) => index))
          expect(most).toBe(Math.min(atOnce, fails.length))
          expect(results.map(({ status }) => status === 'rejected')).toEqual(fails)
        },
      ),
    )
  })
})

describe('a queue with several owners', () => {
  /** Tasks that end when the test says so, with their names in the order in which they start. */
  function controlled(limits: TurnLimits) {
    const inTurn = createTurns(limits)
    const started: string[] = []
    const ends = new Map<string, () => void>()
    const add = (owner: string, name: string) =>
      inTurn(owner, () => {
        started.push(name)
        return new Promise<void>((resolve) => ends.set(name, resolve))
      })
    const end = async (name: string) => {
      ends.get(name)?.()
      await new Promise(setImmediate)
    }
    return { add, end, started }
  }

  test('the long queue of one owner does not delay another', async () => {
    const { add, end, started } = controlled({ atOnce: 1 })
    for (const name of ['a1', 'a2', 'a3', 'a4']) void add('a', name)
    for (const name of ['b1', 'b2']) void add('b', name)
    for (const name of ['a1', 'a2', 'b1', 'a3', 'b2']) await end(name)
    expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'a4'])
  })

  test('one owner cannot occupy all slots', async () => {
    const { add, end, started } = controlled({ atOnce: 3, atOnceOfOne: 2 })
    for (const name of ['a1', 'a2', 'a3']) void add('a', name)
    void add('b', 'b1')
    expect(started).toEqual(['a1', 'a2', 'b1'])
    await end('b1')
    expect(started).toEqual(['a1', 'a2', 'b1'])
    await end('a1')
    expect(started).toEqual(['a1', 'a2', 'b1', 'a3'])
  })

  test('a full queue refuses jobs, whether one owner or all of them filled it', async () => {
    const { add, end } = controlled({ atOnce: 1, waitingOfOne: 2, waiting: 3 })
    for (const name of ['a1', 'a2', 'a3']) void add('a', name)
    await expect(add('a', 'a4')).rejects.toThrow(TooManyWaiting)
    void add('b', 'b1')
    await expect(add('c', 'c1')).rejects.toThrow(TooManyWaiting)
    await end('a1')
    void add('c', 'c2')
    await expect(add('b', 'b2')).rejects.toThrow(TooManyWaiting)
  })
})

test('an entity tag is not found inside another tag', () => {
  expect(matchesEtag('"a\\"', '"a"')).toBe(false)
  expect(matchesEtag('"xa", "ax"', '"a"')).toBe(false)
  expect(matchesEtag('W/"x", "a"', '"a"')).toBe(true)
  expect(matchesEtag('', '"a"')).toBe(false)
})
