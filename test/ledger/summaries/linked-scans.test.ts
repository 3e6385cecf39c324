import { describe, expect, test } from 'vitest'
import { countRejects, readRejects, requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import { readLinkedPairs } from '../../../src/ledger/summaries/linked-pairs.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { hourMs, LinkWorld } from '../../support/destinations/link-world.ts'
import { linkedLedgerForEach } from '../../support/destinations/linked-ledger-for-each.ts'
import type { HubSpotSettings } from '../../support/destinations/hubspot-world.ts'
import { ledgerKinds } from '../../support/ledger/temporary-ledger.ts'
import { operator } from '../../support/ledger/operator.ts'

const place = { connector: 'test', destination: 'crm' }

describe.each(ledgerKinds)('the scans of a linked record, from a ledger on %s', (kind) => {
  let fake: FakeHubSpot
  let ledger: Ledger

  linkedLedgerForEach(kind, (opened, started) => {
    ledger = opened
    fake = started
  })

  const worldOf = (settings: HubSpotSettings) =>
    new LinkWorld(ledger, fake, 'contacts', 'email', 'companies', settings)
  const eventsOf = (record: string) => fake.events.filter(({ objectId }) => objectId === record).length
  const shownOn = (record: string) =>
    fake.associations('contacts', 'qr_scan').filter(({ from }) => from === record).length
  const linkedPairs = async () => (await readLinkedPairs(ledger, place)).pairs.size
  const allCalls = () => Object.values(fake.calls).reduce((sum, { calls }) => sum + calls, 0)

  test('are events of the record, each once, including those from before it existed', async () => {
    const world = worldOf({ events: true })
    await world.land([1, 'ada@example.com'], [2, 'ada@example.com'], [3, null])
    for (const code of [1, 2, 3]) await world.scan(code, 150)
    await world.deliver()
    expect(fake.events).toEqual([])
    const ada = fake.addContact({ email: 'ada@example.com' })
    world.nowMs += hourMs
    await world.deliver()
    expect(eventsOf(ada)).toBe(300)
    await world.scan(1, 5)
    await world.deliver()
    expect(eventsOf(ada)).toBe(305)
    expect(fake.events).toHaveLength(305)
    expect(fake.events[0]).toMatchObject({
      eventName: `pe${fake.portalId}_qrsync_scan_contacts`,
      properties: { qrsync_code_name: 'Menu', qrsync_device_type: 'mobile', qrsync_city: 'Kraków' },
    })
  })

  test('of many contacts share calls: 500 events in each', async () => {
    const world = worldOf({ events: true })
    const codes = Array.from({ length: 40 }, (_, number) => number + 1)
    await world.land(...codes.map((code): [number, string] => [code, `person-${code}@example.com`]))
    for (const code of codes) await world.scan(code, 30)
    for (const code of codes) fake.addContact({ email: `person-${code}@example.com` })
    await world.deliver()
    expect(fake.events).toHaveLength(1_200)
    expect(fake.calls['POST /events/2026-09/send/batch']?.calls).toBe(3)
    await world.land(...codes.map((code): [number, null] => [code, null]))
    await world.deliver()
    expect(await linkedPairs()).toBe(0)
  })

  test('cost no call if there is none', async () => {
    const world = worldOf({ events: true, scans: true })
    fake.addContact({ email: 'ada@example.com' })
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 3)
    await world.deliver()
    await world.deliver()
    const before = allCalls()
    await world.deliver()
    expect(allCalls()).toBe(before)
  })

  test('appear on the record, and follow a code to another contact', async () => {
    const world = worldOf({ scans: true })
    const [ada = '', bob = ''] = ['ada', 'bob'].map((name) =>
      fake.addContact({ email: `${name}@example.com` }),
    )
    await world.land([1, 'ada@example.com'], [2, 'bob@example.com'])
    await world.scan(1, 230)
    await world.scan(2, 2)
    await world.deliver()
    expect([shownOn(ada), shownOn(bob)]).toEqual([230, 2])
    await world.land([1, 'bob@example.com'])
    await world.scan(1, 1)
    await world.deliver()
    expect([shownOn(ada), shownOn(bob)]).toEqual([0, 233])
    expect(await countRejects(ledger, place)).toBe(0)
  })

  test('wait for their records, and arrive once these exist', async () => {
    const world = worldOf({ scans: true })
    const ada = fake.addContact({ email: 'ada@example.com' })
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 3)
    const passes = fake.refuse({ property: 'qrsync_scan_id', value: 'scan-2' })
    await world.deliver()
    expect(shownOn(ada)).toBe(2)
    const refused = (await readRejects(ledger, place, 10)).map(({ stream }) => stream).toSorted()
    expect(refused).toEqual(['link_scans', 'scans'])
    passes()
    await requestReplay(ledger, { ...place, stream: 'scans' }, operator)
    await world.deliver()
    expect(await countRejects(ledger, { ...place, stream: 'scans' })).toBe(0)
    world.nowMs += 25 * hourMs
    await world.deliver()
    expect(shownOn(ada)).toBe(3)
    expect(await countRejects(ledger, place)).toBe(0)
  })

  test('that HubSpot refuses do not delay the others, and are tried again on request', async () => {
    const world = worldOf({ events: true })
    const ada = fake.addContact({ email: 'ada@example.com' })
    fake.refuseEvents('Kraków')
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 1)
    await world.deliver()
    const [reject] = await readRejects(ledger, place, 10)
    expect(reject).toMatchObject({ stream: 'link_scans', reason: 'Kraków is not valid' })
    await world.deliver()
    expect(eventsOf(ada)).toBe(0)
    fake.refuseEvents('')
    await requestReplay(ledger, place, operator)
    await world.deliver()
    expect(await countRejects(ledger, place)).toBe(1)
  })

  test('are the same events when they are sent again from the start', async () => {
    const world = worldOf({ events: true })
    const ada = fake.addContact({ email: 'ada@example.com' })
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 120)
    await world.deliver()
    const calls = fake.calls['POST /events/2026-09/send/batch']?.calls ?? 0
    await resetDelivery(ledger, { ...place, resend: true }, operator)
    await world.deliver()
    expect(fake.calls['POST /events/2026-09/send/batch']?.calls).toBe(calls + 1)
    expect(eventsOf(ada)).toBe(120)
  })

  test('become events if the config adds events later', async () => {
    const ada = fake.addContact({ email: 'ada@example.com' })
    const before = worldOf({ scans: true })
    await before.land([1, 'ada@example.com'])
    await before.scan(1, 3)
    await before.deliver()
    const after = worldOf({ scans: true, events: true })
    await after.land([2, null])
    await after.deliver()
    expect([shownOn(ada), eventsOf(ada)]).toEqual([3, 3])
  })
})
