import { describe, expect, test } from 'vitest'
import { readRejects } from '../../../src/ledger/deliveries/rejects.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { callsTo } from '../../support/destinations/hubspot-world.ts'
import { hourMs, LinkWorld } from '../../support/destinations/link-world.ts'
import { linkedLedgerForEach } from '../../support/destinations/linked-ledger-for-each.ts'
import { ledgerKinds } from '../../support/ledger/temporary-ledger.ts'

const place = { connector: 'test', destination: 'crm' }

describe.each(ledgerKinds)('the codes of a contact, from a ledger on %s', (kind) => {
  let fake: FakeHubSpot
  let ledger: Ledger

  linkedLedgerForEach(kind, (opened, started) => {
    ledger = opened
    fake = started
  })

  const shown = () => fake.associations('contacts', 'companies').map(({ from }) => from)
  const associationCalls = () =>
    Object.entries(fake.calls)
      .filter(([call]) => call.includes('/crm/associations/') && call.endsWith('batch/create'))
      .reduce((sum, [, { calls }]) => sum + calls, 0)
  const showing = () => new LinkWorld(ledger, fake, 'contacts', 'email', 'companies')

  test('arrive with its numbers, even if it is created after the scans, and cost no further call', async () => {
    const world = showing()
    await world.land([1, 'ada@example.com'], [2, 'ada@example.com'], [3, null])
    await world.scan(1, 3)
    await world.deliver()
    expect(shown()).toEqual([])
    const ada = fake.addContact({ email: 'ada@example.com' })
    world.nowMs += hourMs
    await world.deliver()
    expect(shown()).toEqual([ada, ada])
    const calls = associationCalls()
    for (let hours = 0; hours < 30; hours += 1) {
      world.nowMs += hourMs
      await world.scan(1, 1)
      await world.deliver()
    }
    expect(world.totalsOf('contacts', ada)[0]).toBe(33)
    expect(associationCalls()).toBe(calls)
  })

  test('follow a code to another contact, and stay with the survivor of a merge', async () => {
    const world = showing()
    const [ada, bob] = ['ada', 'bob'].map((name) => fake.addContact({ email: `${name}@example.com` }))
    await world.land([1, 'ada@example.com'], [2, 'bob@example.com'])
    await world.deliver()
    expect(shown()).toEqual([ada, bob])
    await world.land([1, 'bob@example.com'])
    await world.deliver()
    expect(shown()).toEqual([bob, bob])
    const merged = fake.merge('contacts', ada ?? '', bob ?? '')
    world.nowMs += 25 * hourMs
    await world.deliver()
    expect(shown().filter((id) => id === merged)).toHaveLength(2)
    const deliveries = callsTo(fake, 'batch/archive')
    world.nowMs += 25 * hourMs
    await world.deliver()
    expect(callsTo(fake, 'batch/archive')).toBe(deliveries)
    expect(await readRejects(ledger, place, 10)).toEqual([])
  })
})
