import { expect, test } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { erase } from '../../../src/worker/erase.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { fakeHubSpotForEach } from '../../support/destinations/fake-hubspot-for-each.ts'
import { destinationTo } from '../../support/destinations/hubspot-world.ts'
import { landCodes, landNewScans } from '../../support/ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../../support/ledger/landed-rows.ts'
import { operator } from '../../support/ledger/operator.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'
import { activityDeps } from '../../support/worlds/activity-deps.ts'

let fake: FakeHubSpot
fakeHubSpotForEach((started) => {
  fake = started
})

const connector = 'test'
const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
const forPerson = (number: number, email: string) => ({
  ...codeOf(number),
  scan_count: number + 1,
  destination_url: `https://example.com/?utm_id=${encodeURIComponent(email)}`,
})

test('an erased code leaves the records that it named, even if their write was under way', async () => {
  const ledger = await temporaryLedger('sqlite')
  const [ada, bob] = ['ada@x.example', 'bob@x.example'].map((email) => fake.addContact({ email }))
  const codes = [forPerson(0, 'ada@x.example'), forPerson(1, 'bob@x.example'), forPerson(2, 'ada@x.example')]
  await landCodes(ledger, codes, Date.now())
  for (const [index, { id }] of codes.entries()) {
    const scans = Array.from({ length: index + 1 }, (_, n) =>
      scanOf({ id: `s${index}-${n}`, qr_code_id: id }),
    )
    await landNewScans(ledger, scans, Date.now())
  }
  const crm = destinationTo(fake, { scans: true, link }, { name: 'crm' })
  const deliverTo = async (to: Destination) => {
    const deps = activityDeps({ ledger, api: null as never, destinations: new Map([['crm', to]]) })
    const asked = { destination: 'crm', isUrgent: true, retriesFailed: true }
    while (!(await deliver(deps, asked, new AbortController().signal)).isDone);
  }
  const total = (id = '') =>
    fake.recordsOf('contacts').find((record) => record.id === id)?.properties['qrsync_total_scans'] ?? ''
  const keys = async () =>
    (await ledger.selectFrom('link_keys').select('key').execute()).map(({ key }) => key)
  const eraseIn = (code: number) =>
    erase(
      ledger,
      { connector, qrCodeId: codes[code]?.id ?? '' },
      { destinations: new Map([['crm', crm]]), gone: [] },
      operator,
    )

  let isErased = false
  const late: Destination = {
    ...crm,
    async *write(stream, rows) {
      if (stream === 'link_summaries' && !isErased) {
        isErased = true
        await eraseIn(1)
      }
      yield* crm.write(stream as 'scans', rows)
    },
  }
  await deliverTo(late)
  expect(isErased).toBe(true)
  await deliverTo(crm)
  expect([total(ada), total(bob)]).toEqual(['4', '0'])
  expect(await keys()).toEqual(['ada@x.example'])
  await eraseIn(2)
  await deliverTo(crm)
  expect([total(ada), total(bob)]).toEqual(['1', '0'])
  expect(fake.recordsOf('qr_code')).toHaveLength(1)
  expect(fake.recordsOf('qr_scan')).toHaveLength(1)
  expect(fake.associations('qr_code', 'contacts').map(({ to }) => to)).toEqual([ada])
  await eraseIn(0)
  await deliverTo(crm)
  expect([total(ada), total(bob)]).toEqual(['0', '0'])
  expect(await keys()).toEqual([])
  expect(fake.recordsOf('qr_scan')).toEqual([])
  expect(fake.associations('qr_code', 'contacts')).toEqual([])
  await crm.close()
  await ledger.destroy()
})
