import { describe, expect, test } from 'vitest'
import { compareLinks } from '../../../src/cli/verify/verify-links.ts'
import { readWaitingKeys } from '../../../src/ledger/summaries/link-keys.ts'
import { readRejects, requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { callsTo } from '../../support/destinations/hubspot-world.ts'
import { hourMs, LinkWorld } from '../../support/destinations/link-world.ts'
import { linkedLedgerForEach } from '../../support/destinations/linked-ledger-for-each.ts'
import { ledgerKinds } from '../../support/ledger/temporary-ledger.ts'
import { operator } from '../../support/ledger/operator.ts'

const place = { connector: 'test', destination: 'crm' }
const linksOf = { ...place, stream: 'link_summaries' } as const

describe.each(ledgerKinds)('sums on linked records, from a ledger on %s', (kind) => {
  let fake: FakeHubSpot
  let ledger: Ledger

  linkedLedgerForEach(kind, (opened, started) => {
    ledger = opened
    fake = started
  })

  const companies = () => new LinkWorld(ledger, fake, 'companies', 'domain')
  const contacts = () => new LinkWorld(ledger, fake)

  describe('two keys of one record', () => {
    test('that differ only in case add up, days and unique scans included', async () => {
      const world = companies()
      const acme = fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
      await world.land([1, 'Acme.com'], [2, 'acme.com'])
      await world.scan(1, 10)
      await world.scan(2, 6)
      expect(await world.deliver()).toMatchObject({ rejected: 0 })
      expect(world.totalsOf('companies', acme)).toEqual([16, 8, 16, 2])
    })

    test('can be the two addresses of a contact', async () => {
      const world = contacts()
      const ada = fake.addContact({ email: 'ada@example.com' })
      fake.addAddress(ada, 'ada@work.example')
      await world.land([1, 'Ada@Example.com'], [2, 'ada@work.example'])
      await world.scan(1, 10)
      await world.scan(2, 6)
      expect(await world.deliver()).toMatchObject({ rejected: 0 })
      expect(world.totalsOf('contacts', ada)).toEqual([16, 8, 16, 2])
    })

    test('can be one address, with its plus encoded and literal', async () => {
      const world = contacts()
      const ada = fake.addContact({ email: 'ada+qr@example.com' })
      await world.landUrl(1, 'https://example.com/?utm_id=ada+qr@example.com')
      await world.landUrl(2, 'https://example.com/?utm_id=Ada%2Bqr%40example.com')
      await world.scan(1, 10)
      await world.scan(2, 6)
      expect(await world.deliver()).toMatchObject({ rejected: 0 })
      expect(world.totalsOf('contacts', ada)).toEqual([16, 8, 16, 2])
      expect((await readWaitingKeys(ledger, place)).keys).toBe(0)
    })

    test('add up with any number of other keys between them, and if only one of them gets scans', async () => {
      const world = companies()
      const acme = fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
      const codes = Array.from({ length: 250 }, (_, number): [number, string] => [number, `c${number}.com`])
      for (const [, domain] of codes) fake.addRecord('companies', { name: domain, domain })
      await world.land([1000, 'ACME.com'], ...codes, [1001, 'acme.com'])
      await world.scan(1000, 10)
      await world.scan(1001, 6)
      await world.deliver()
      expect(world.totalsOf('companies', acme)).toEqual([16, 8, 16, 2])
      await world.scan(1001, 1)
      await world.deliver()
      expect(world.totalsOf('companies', acme)[0]).toBe(17)
    })

    test('a URL whose case is corrected keeps the sum of its company', async () => {
      const world = companies()
      const acme = fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
      await world.land([1, 'Acme.com'])
      await world.scan(1, 7)
      await world.deliver()
      await world.land([1, 'acme.com'])
      await world.deliver()
      expect(world.totalsOf('companies', acme)[0]).toBe(7)
    })
  })

  describe('a record', () => {
    test('that loses one key keeps the others, and is zero without the last one', async () => {
      const world = contacts()
      const ada = fake.addContact({ email: 'ada@example.com' })
      fake.addAddress(ada, 'ada@work.example')
      await world.land([1, 'ada@example.com'], [2, 'ada@work.example'])
      await world.scan(1, 10)
      await world.scan(2, 6)
      await world.deliver()
      await world.land([1, null])
      await world.deliver()
      expect(world.totalsOf('contacts', ada)).toEqual([6, 3, 6, 1])
      await world.land([2, null])
      await world.deliver()
      expect(world.totalsOf('contacts', ada).filter((each) => each !== 0 && each !== null)).toEqual([])
    })

    test('that an address moves away from gives its scans to the other record', async () => {
      const world = contacts()
      const ada = fake.addContact({ email: 'info@example.com' })
      await world.land([1, 'info@example.com'])
      await world.scan(1, 10)
      await world.deliver()
      fake.changeRecord('contacts', ada, { email: 'ada@example.com' })
      const grace = fake.addContact({ email: 'info@example.com' })
      await world.scan(1, 1)
      await world.deliver()
      expect(world.totalsOf('contacts', grace)[0]).toBe(11)
      expect(world.totalsOf('contacts', ada)[0]).toBe(0)
    })

    test.each([
      ['with the next scan of one of them', 1],
      ['within a day, without any scan', 0],
    ])('that two records were merged into has the sum of both: %s', async (_, scans) => {
      const world = contacts()
      const ada = fake.addContact({ email: 'ada@example.com' })
      const other = fake.addContact({ email: 'a.lovelace@example.com' })
      await world.land([1, 'ada@example.com'], [2, 'a.lovelace@example.com'])
      await world.scan(1, 10)
      await world.scan(2, 6)
      await world.deliver()
      const merged = fake.merge('contacts', ada, other)
      if (scans > 0) await world.scan(1, scans)
      else world.nowMs += 24 * hourMs
      await world.deliver()
      expect(world.totalsOf('contacts', merged)[0]).toBe(16 + scans)
      await world.deliver()
      expect(world.totalsOf('contacts', merged)[0], 'and keeps it').toBe(16 + scans)
    })

    test('can be named by an id from before a merge', async () => {
      const world = new LinkWorld(ledger, fake, 'companies', 'hs_object_id')
      const [a, b] = ['Acme', 'Acme Inc'].map((name) => fake.addRecord('companies', { name }))
      const merged = fake.merge('companies', a ?? '', b ?? '')
      await world.land([1, a ?? ''], [2, b ?? ''], [3, merged])
      for (const code of [1, 2, 3]) await world.scan(code, code)
      await world.deliver()
      expect(world.totalsOf('companies', merged)[0]).toBe(6)
    })
  })

  describe('a key without a record', () => {
    test('waits instead of being refused, and its record gets the numbers within an hour of being created', async () => {
      const world = contacts()
      await world.land([1, 'ada@example.com'])
      await world.scan(1, 3)
      expect(await world.deliver()).toEqual({ delivered: 1, rejected: 0 })
      expect(await readRejects(ledger, place, 10)).toEqual([])
      expect((await readWaitingKeys(ledger, place)).keys).toBe(1)

      const ada = fake.addContact({ email: 'ada@example.com' })
      world.nowMs += hourMs - 1
      await world.deliver()
      expect(world.totalsOf('contacts', ada)[0], 'nothing has landed, and the hour is not over').toBeNull()
      world.nowMs += 1
      await world.deliver()
      expect(world.totalsOf('contacts', ada)).toEqual([3, 1, 3, 1])
      expect((await readWaitingKeys(ledger, place)).keys).toBe(0)
    })

    test('costs one call an hour for each hundred of them, and none in between', async () => {
      const world = contacts()
      await world.land(
        ...Array.from({ length: 200 }, (_, number): [number, string] => [number, `p${number}@example.com`]),
      )
      await world.deliver()
      const before = callsTo(fake, 'batch/read')
      for (let minutes = 0; minutes < 120; minutes += 1) {
        world.nowMs += 60_000
        await world.deliver()
      }
      expect(callsTo(fake, 'batch/read') - before).toBe(4)
      expect((await readWaitingKeys(ledger, place)).keys).toBe(200)
    })

    test('no longer waits once no code names it', async () => {
      const world = contacts()
      await world.land([1, 'ada@example.com'])
      await world.deliver()
      await world.land([1, null])
      await world.deliver()
      expect((await readWaitingKeys(ledger, place)).keys).toBe(0)
    })

    test('that the search does not find yet is found an hour later', async () => {
      const world = companies()
      fake.setSearchLag(60_000)
      const acme = fake.addRecord('companies', { name: 'Acme', domain: 'acme.com' })
      await world.land([1, 'acme.com'])
      await world.scan(1, 3)
      await world.deliver()
      expect((await readWaitingKeys(ledger, place)).keys).toBe(1)
      fake.setSearchLag(0)
      world.nowMs += hourMs
      await world.deliver()
      expect(world.totalsOf('companies', acme)[0]).toBe(3)
    })
  })

  describe('a key that two records share', () => {
    test('is refused with the reason until only one of them has it', async () => {
      const world = companies()
      const [one, two] = ['One', 'Two'].map((name) =>
        fake.addRecord('companies', { name, domain: 'twice.com' }),
      )
      await world.land([1, 'twice.com'])
      await world.scan(1, 4)
      expect(await world.deliver()).toMatchObject({ rejected: 1 })
      expect(await readRejects(ledger, place, 10)).toMatchObject([
        {
          id: 'companies.domain/twice.com',
          reason: 'more than one companies record with domain = twice.com',
        },
      ])
      fake.removeRecord('companies', two ?? '')
      await requestReplay(ledger, linksOf, operator)
      expect(await world.deliver()).toMatchObject({ rejected: 0 })
      expect(world.totalsOf('companies', one ?? '')[0]).toBe(4)
      expect(await readRejects(ledger, place, 10)).toEqual([])
    })
  })

  test('verify compares the records, and does not count waiting keys as missing', async () => {
    const world = contacts()
    const ada = fake.addContact({ email: 'ada@example.com' })
    const compare = () =>
      compareLinks({ ledger, connector: 'test', name: 'crm', destination: world.destination }, world.nowMs)
    await world.land([1, 'ada@example.com'], [2, 'nobody@example.com'])
    await world.scan(1, 4)
    await world.deliver()
    expect(await compare()).toMatchObject({ records: 1, waiting_keys: 1, error: null, gaps: [] })
    fake.changeRecord('contacts', ada, { qrsync_total_scans: '3' })
    const id = `contacts.email#${ada}`
    expect(await compare()).toMatchObject({ gaps: [{ id, ledger: 4, there: 3, why: 'wrong' }] })
    await world.land([3, 'ada@example.com'])
    await world.scan(3, 1)
    await world.deliver()
    expect(await compare()).toMatchObject({ gaps: [] })
    await landCodes(ledger, [{ ...world.code(3, 'ada@example.com'), scan_count: 9 }], world.nowMs)
    expect(await compare()).toMatchObject({ gaps: [{ id, ledger: 13, there: 5, why: 'waiting' }] })
  })

  test('a deleted record is waited for, and its successor gets the sum', async () => {
    const world = contacts()
    const ada = fake.addContact({ email: 'ada@example.com' })
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 2)
    await world.deliver()
    fake.removeRecord('contacts', ada)
    await world.scan(1, 1)
    expect(await world.deliver()).toMatchObject({ rejected: 0 })
    expect((await readWaitingKeys(ledger, place)).keys).toBe(1)
    const anew = fake.addContact({ email: 'ada@example.com' })
    world.nowMs += hourMs
    await world.deliver()
    expect(world.totalsOf('contacts', anew)[0]).toBe(3)
  })

  test('when everything is sent again from the start, all keys are looked up again', async () => {
    const world = contacts()
    const ada = fake.addContact({ email: 'ada@example.com' })
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 2)
    await world.deliver()
    fake.changeRecord('contacts', ada, { qrsync_total_scans: '' })
    await resetDelivery(ledger, { ...place, resend: true }, operator)
    await world.deliver()
    expect(world.totalsOf('contacts', ada)[0]).toBe(2)
  })
})
