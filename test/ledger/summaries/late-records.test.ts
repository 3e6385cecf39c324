import { describe, expect, test, vi } from 'vitest'
import { DeliveryWatch } from '../../../src/cli/views/delivery-watch.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { readWaitingKeys, requestLooks } from '../../../src/ledger/summaries/link-keys.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { callsTo } from '../../support/destinations/hubspot-world.ts'
import { hourMs, LinkWorld } from '../../support/destinations/link-world.ts'
import { linkedLedgerForEach } from '../../support/destinations/linked-ledger-for-each.ts'
import { ledgerKinds } from '../../support/ledger/temporary-ledger.ts'

const place = { connector: 'test', destination: 'crm' }

describe.each(ledgerKinds)('a key whose record is created late, from a ledger on %s', (kind) => {
  let fake: FakeHubSpot
  let ledger: Ledger

  linkedLedgerForEach(kind, (opened, started) => {
    ledger = opened
    fake = started
  })

  test('is looked up at once when somebody asks for it, and once for each time', async () => {
    const world = new LinkWorld(ledger, fake)
    await world.land([1, 'ada@example.com'], [2, 'nobody@example.com'])
    await world.scan(1, 3)
    await world.deliver()
    const lookedMs = world.nowMs
    expect(await readWaitingKeys(ledger, place)).toEqual({ keys: 2, nextLookMs: lookedMs + hourMs })

    const ada = fake.addContact({ email: 'ada@example.com' })
    const streams = world.destination.streams
    const watch = await DeliveryWatch.start({ ledger, at: place, streams, isManual: true })
    expect(await watch.end(), 'no row is on its way').toEqual([])
    await requestLooks(ledger, place)
    expect(await readWaitingKeys(ledger, place)).toEqual({ keys: 2, nextLookMs: null })
    expect(await watch.end(), 'a command waits for the keys').toBeNull()
    const before = callsTo(fake, 'batch/read')
    for (let minutes = 0; minutes < 5; minutes += 1) {
      world.nowMs += 60_000
      await world.deliver()
    }
    expect(world.totalsOf('contacts', ada)).toEqual([3, 1, 3, 1])
    expect(callsTo(fake, 'batch/read') - before, 'one for the two keys').toBe(1)
    expect(await readWaitingKeys(ledger, place)).toEqual({
      keys: 1,
      nextLookMs: lookedMs + 60_000 + hourMs,
    })
    expect(await watch.end()).toEqual([])
  })

  test('whose record was found but not written gets its numbers with the next delivery', async () => {
    const world = new LinkWorld(ledger, fake)
    await world.land([1, 'ada@example.com'])
    await world.scan(1, 3)
    await world.deliver()
    const ada = fake.addContact({ email: 'ada@example.com' })
    world.nowMs += hourMs
    const failing = vi.spyOn(world.destination, 'write').mockImplementation(() => {
      throw new ConnectorError('DESTINATION_UNAVAILABLE', 'down', { retry: 'backoff' })
    })
    await world.deliver().catch(() => undefined)
    expect((await readWaitingKeys(ledger, place)).keys, 'it is found').toBe(0)
    failing.mockRestore()
    world.nowMs += 10 * 60_000
    await world.deliver()
    expect(world.totalsOf('contacts', ada)).toEqual([3, 1, 3, 1])
  })
})
