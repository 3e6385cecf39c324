import { describe, expect, it } from 'vitest'
import type { Destination } from '../../../src/destinations/destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { noteTarget, readSharers } from '../../../src/ledger/deliveries/targets.ts'
import { keepRejects } from '../../../src/ledger/deliveries/rejects.ts'
import { readResets } from '../../../src/ledger/deliveries/resets.ts'
import { countSetAsideOfCode } from '../../../src/ledger/erasure/erase-code.ts'
import { eraseDue } from '../../../src/ledger/erasure/erase-there.ts'
import { readErasedAtMs, readOpenErasures } from '../../../src/ledger/erasure/erasures.ts'
import { keepSetAside } from '../../../src/ledger/scans/set-aside.ts'
import { keepLinkKeys } from '../../../src/ledger/summaries/link-keys.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { erase } from '../../../src/worker/erase.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { operator } from '../../support/ledger/operator.ts'
import { ledgerKinds, temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

const connector = 'test'
const nowMs = Date.parse('2026-11-01T00:00:00Z')

/** A destination that only erases. */
function erasing(eraseCodes: () => Promise<string>): Destination {
  return { erasure: { remains: [], eraseCodes } } as unknown as Destination
}

const deliveredTo = (ledger: Ledger, destination: string) =>
  noteTarget(ledger, { connector, destination }, `place of ${destination}`, nowMs)

describe.each(ledgerKinds)('an erasure in every destination, with a ledger on %s', (kind) => {
  it('reaches a destination that was added and filled while somebody was asked, with its next delivery', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    const added = { connector, destination: 'added' }
    await deliveredTo(ledger, 'added')
    const { destinations: results } = await erase(
      ledger,
      { connector, qrCodeId: code.id },
      { destinations: new Map(), gone: [] },
      operator,
    )
    expect(results).toEqual([
      {
        destination: 'added',
        problem: expect.stringContaining('its next delivery erases the code') as string,
        isRetried: true,
        remains: [],
      },
    ])
    const asked: (readonly string[])[] = []
    const erasure = {
      eraseCodes: (ids: readonly string[]) => Promise.resolve((asked.push(ids), 'place of added')),
    }
    await eraseDue(ledger, added, { erasure, obstacle: null, now: () => Date.now() + 1 })
    expect(asked).toEqual([[code.id]])
  })

  it('continues after a bug in one destination, asks none without deliveries, and says what is open', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    const asked: string[] = []
    const asks = (name: string, answer: () => Promise<string>) =>
      [name, erasing(() => (asked.push(name), answer()))] as const
    const destinations = new Map([
      asks('buggy', () => Promise.reject(new TypeError('x is not a function'))),
      asks('moved', () => Promise.resolve('another place')),
      asks('well', () => Promise.resolve('place of well')),
      asks('never', () => Promise.reject(new Error('it has no file yet'))),
    ])
    for (const name of ['buggy', 'moved', 'well']) await deliveredTo(ledger, name)
    const { destinations: results } = await erase(
      ledger,
      { connector, qrCodeId: code.id },
      { destinations, gone: [] },
      operator,
    )
    expect(asked).toEqual(['buggy', 'moved', 'well'])
    const problems = new Map(results.map(({ destination, problem }) => [destination, problem]))
    const ofMoved = expect.stringMatching(/another place.*\(place of moved\) may still have it/) as string
    expect([...problems]).toEqual([
      ['buggy', 'TypeError: x is not a function'],
      ['moved', ofMoved],
      ['well', null],
      ['never', null],
    ])
    const open = () => readOpenErasures(ledger, connector, new Set(destinations.keys()))
    expect((await open()).map(({ destination }) => destination)).toEqual(['buggy', 'moved'])

    // The place before is gone for good: a person says so by erasing again.
    await noteTarget(ledger, { connector, destination: 'moved' }, 'another place', nowMs)
    await erase(ledger, { connector, qrCodeId: code.id }, { destinations, gone: [] }, operator)
    expect((await open()).map(({ destination }) => destination)).toEqual(['buggy'])
  })

  it('erases in a destination with a new name, which has no delivery yet', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    await deliveredTo(ledger, 'old name')
    const asked: string[] = []
    const eraseCodes = () => (asked.push('new name'), Promise.resolve('place of old name'))
    const destinations = new Map([['new name', erasing(eraseCodes)]])
    const of = { connector, qrCodeId: code.id }
    const { destinations: results } = await erase(ledger, of, { destinations, gone: ['old name'] }, operator)
    expect(asked).toEqual(['new name'])
    expect(results[0]).toMatchObject({ destination: 'new name', problem: null })
  })

  it('erases the other codes if one cannot be erased', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    await deliveredTo(ledger, 'crm')
    const down = new Map([['crm', erasing(() => Promise.reject(new Error('down')))]])
    for (const qrCodeId of [code.id, 'other']) {
      await erase(ledger, { connector, qrCodeId }, { destinations: down, gone: [] }, operator)
    }
    const eraseCodes = (ids: readonly string[]) =>
      ids.includes(code.id)
        ? Promise.reject(new TypeError('x is not a function'))
        : Promise.resolve('place of crm')
    const later = () => Date.now() + 3_600_000
    const place = { connector, destination: 'crm' }
    await eraseDue(ledger, place, { erasure: { eraseCodes }, obstacle: null, now: later })
    expect(await readOpenErasures(ledger, connector, new Set(['crm']))).toEqual([
      { destination: 'crm', qr_code_id: code.id, problem: 'TypeError: x is not a function' },
    ])
  })

  it('stops to ask a destination code by code if it fails for each in the same way', async () => {
    await using world = await erasableWorld(kind)
    const { ledger } = world
    await deliveredTo(ledger, 'crm')
    const codes = ['a', 'b', 'c', 'd', 'e', 'f']
    const calls: (readonly string[])[] = []
    const eraseCodes = (ids: readonly string[]) => {
      calls.push(ids)
      return Promise.reject(new ConnectorError('DESTINATION_UNAVAILABLE', 'no object', { retry: 'backoff' }))
    }
    const down = new Map([['crm', erasing(() => Promise.reject(new Error('down')))]])
    for (const qrCodeId of codes) {
      await erase(ledger, { connector, qrCodeId }, { destinations: down, gone: [] }, operator)
    }
    const later = () => Date.now() + 3_600_000
    const place = { connector, destination: 'crm' }
    await eraseDue(ledger, place, { erasure: { eraseCodes }, obstacle: null, now: later })
    expect(calls.map((ids) => ids.length)).toEqual([6, 1, 1, 1])
    const open = await readOpenErasures(ledger, connector, new Set(['crm']))
    expect(open.map(({ problem }) => problem)).toEqual(
      codes.map(() => expect.stringContaining('no object') as string),
    )
    const slow = { value: Date.now() + 7_200_000 }
    const slowly = (ids: readonly string[]) => {
      slow.value += 60_000
      return eraseCodes(ids)
    }
    await eraseDue(ledger, place, { erasure: { eraseCodes: slowly }, obstacle: null, now: () => slow.value })
    expect(calls.slice(4).map((ids) => ids.length)).toEqual([6])
  })

  it('continues if the config file gives the place another name', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    await deliveredTo(ledger, 'old name')
    const destinations = new Map([['old name', erasing(() => Promise.reject(new Error('down')))]])
    const of = { connector, qrCodeId: code.id }
    await erase(ledger, of, { destinations, gone: [] }, operator)
    await noteTarget(ledger, { connector, destination: 'elsewhere' }, 'place of elsewhere', Date.now())
    await noteTarget(ledger, { connector, destination: 'new name' }, 'place of old name', Date.now())
    const open = await readOpenErasures(ledger, connector, new Set(['new name', 'elsewhere']))
    expect(open).toEqual([{ destination: 'new name', qr_code_id: code.id, problem: null }])
  })

  it('continues in a place that the destination had before the erasure, once it comes back', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    const crm = { connector, destination: 'crm' }
    for (const place of ['first place', 'second place']) await noteTarget(ledger, crm, place, nowMs)
    const destinations = new Map([['crm', erasing(() => Promise.resolve('second place'))]])
    const of = { connector, qrCodeId: code.id }
    await erase(ledger, of, { destinations, gone: [] }, operator)
    await eraseDue(ledger, crm, {
      erasure: { eraseCodes: () => Promise.resolve('second place') },
      obstacle: null,
      now: () => Date.now() + 3_600_000,
    })
    expect(await ledger.selectFrom('erasures').selectAll().execute()).toEqual([])
    await noteTarget(ledger, crm, 'first place', Date.now())
    expect(await readOpenErasures(ledger, connector, new Set(['crm']))).toEqual([
      { destination: 'crm', qr_code_id: code.id, problem: null },
    ])
  })

  it('stays done if the destination writes to another place before its second erasure', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    await deliveredTo(ledger, 'crm')
    const destinations = new Map([['crm', erasing(() => Promise.resolve('place of crm'))]])
    await erase(ledger, { connector, qrCodeId: code.id }, { destinations, gone: [] }, operator)
    const erasure = { eraseCodes: () => Promise.resolve('another place') }
    const later = () => Date.now() + 3_600_000
    await eraseDue(ledger, { connector, destination: 'crm' }, { erasure, obstacle: null, now: later })
    expect(await readOpenErasures(ledger, connector, new Set(['crm']))).toEqual([])
    expect(await ledger.selectFrom('erasures').selectAll().execute()).toEqual([])
  })

  it('says why a delivery cannot erase that does not know what it writes to', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    await deliveredTo(ledger, 'crm')
    const destinations = new Map([['crm', erasing(() => Promise.reject(new Error('down')))]])
    await erase(ledger, { connector, qrCodeId: code.id }, { destinations, gone: [] }, operator)
    const obstacle = new ConnectorError('DESTINATION_FORBIDDEN', 'it does not say who it is', {
      retry: 'backoff',
    })
    const later = () => Date.now() + 3_600_000
    const erasure = { eraseCodes: () => Promise.resolve('place of crm') }
    await eraseDue(ledger, { connector, destination: 'crm' }, { erasure, obstacle, now: later })
    expect(await readOpenErasures(ledger, connector, new Set(['crm']))).toMatchObject([
      { problem: 'DESTINATION_FORBIDDEN: it does not say who it is' },
    ])
  })

  it('covers a code of which every row is malformed, with any id', async () => {
    await using world = await erasableWorld(kind)
    const { ledger } = world
    for (const id of ['only-set-aside', 'x'.repeat(1_200), 'a\0b', '#sha256:abc']) {
      const row = { id, json: '{"name":7}', reason: 'name: expected text' }
      const keep = () =>
        ledger
          .transaction()
          .execute((tx) => keepSetAside(tx, { connector, stream: 'qr_codes', qrCodeId: '' }, [row], nowMs))
      await keep()
      expect(await countSetAsideOfCode(ledger, { connector, qrCodeId: id })).toBe(1)
      await erase(ledger, { connector, qrCodeId: id }, { destinations: new Map(), gone: [] }, operator)
      expect(await countSetAsideOfCode(ledger, { connector, qrCodeId: id })).toBe(0)
      expect(await readErasedAtMs(ledger, { connector, qrCodeId: id })).not.toBeNull()
    }
  })

  it('forgets the keys of destinations that look up none any more, and their refusals', async () => {
    await using world = await erasableWorld(kind)
    const { ledger, code } = world
    for (const destination of ['gone', 'unlinked', 'linking']) {
      const key = { connector, destination, stream: 'link_summaries' } as const
      const keys = [
        { rule: 'contacts', key: 'ada@example.com', recordId: '7', refusal: null },
        { rule: 'contacts', key: 'not an address', recordId: null, refusal: 'no address' },
      ]
      await keepLinkKeys(ledger, { key, resets: await readResets(ledger, key) }, keys, nowMs)
      await deliveredTo(ledger, destination)
    }
    const scans = { connector, destination: 'gone', stream: 'scans' } as const
    const rejected = [{ id: 'scan-1', reason: 'too long' }]
    const rows = { rows: [], rejected, fingerprints: new Map() }
    await ledger.transaction().execute((tx) => keepRejects(tx, scans, rows, nowMs))
    const links = { rules: [{ name: 'contacts' }] }
    const erased = () => Promise.resolve('place')
    const destinations = new Map([
      ['unlinked', erasing(erased)],
      ['linking', { ...erasing(erased), links } as unknown as Destination],
    ])
    await erase(ledger, { connector, qrCodeId: code.id }, { destinations, gone: ['gone'] }, operator)
    const keysOf = await ledger.selectFrom('link_keys').select('destination').distinct().execute()
    expect(keysOf.map(({ destination }) => destination)).toEqual(['linking'])
    const left = await ledger.selectFrom('rejects').select(['destination', 'stream']).execute()
    expect(left.toSorted((a, b) => (a.stream < b.stream ? -1 : 1))).toEqual([
      { destination: 'linking', stream: 'link_summaries' },
      { destination: 'gone', stream: 'scans' },
    ])
  })

  it('names the other connectors that write to the same place', async () => {
    await using world = await erasableWorld(kind)
    const { ledger } = world
    await noteTarget(ledger, { connector, destination: 'a' }, 'file 1', nowMs)
    await ledger
      .insertInto('destination_targets')
      .values([
        { connector: 'other', destination: 'b', identity: 'file 1', before: null, changed_at_ms: null },
        { connector: 'third', destination: 'c', identity: 'file 2', before: null, changed_at_ms: null },
      ])
      .execute()
    expect(await readSharers(ledger, { connector, destination: 'a' })).toEqual(['other'])
  })
})

async function erasableWorld(kind: (typeof ledgerKinds)[number]) {
  const ledger = await temporaryLedger(kind)
  const code = codeOf(1)
  await landCodes(ledger, [code], nowMs)
  return { ledger, code, [Symbol.asyncDispose]: () => ledger.destroy() }
}
