import { deliver } from '../../../activities/delivery/deliver.ts'
import { hubspotSettings } from '../../../src/destinations/hubspot/settings.ts'
import { createHubSpotDestination } from '../../../src/destinations/hubspot/hubspot-destination.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { landCodes, landNewScans } from '../ledger/filled-ledger.ts'
import { codeOf, scanOf } from '../ledger/landed-rows.ts'
import { activityDeps } from '../worlds/activity-deps.ts'
import { unpaced } from './hubspot-world.ts'

export interface LinkedWorld {
  /** Contacts of the account; codes name only some of them. */
  contacts: number
  /** Codes with one scan each, each of which names another contact. */
  links: number
  /** How many of these contacts are created only after the first delivery. */
  late: number
}

/** Calls of one delivery, without those that prepare the account. */
export interface LinkCalls {
  calls: number
  /** The fewest calls that send the changes, with 100 rows or keys in each. */
  min: number
  delivered: number
}

const neverAborted = new AbortController().signal
const hourMs = 3_600_000
const inCalls = (rows: number) => Math.ceil(rows / 100)

/**
 * Delivers codes that name contacts to a HubSpot account: first all, then with nothing new, and an hour later,
 * when the missing contacts exist.
 */
export async function deliverLinks(ledger: Ledger, { contacts, links, late }: LinkedWorld) {
  let nowMs = Date.now()
  const clock = { now: () => nowMs, sleep: () => Promise.resolve() }
  const email = (number: number) => `person-${number}@example.com`
  const codes = Array.from({ length: links }, (_, number) => ({
    ...codeOf(number),
    destination_url: `https://example.com/?utm_id=${email(number)}`,
    scan_count: 1,
  }))
  for (let start = 0; start < links; start += 100) {
    await landCodes(ledger, codes.slice(start, start + 100), nowMs)
  }
  const scans = Array.from({ length: links }, (_, number) =>
    scanOf({ id: `scan-${number}`, qr_code_id: codeOf(number).id }),
  )
  for (let start = 0; start < links; start += 1_000) {
    await landNewScans(ledger, scans.slice(start, start + 1_000), nowMs)
  }
  const fake = await startFakeHubSpot({
    limits: { tenSecondly: 1_000_000_000, daily: 1_000_000_000 },
    now: clock.now,
  })
  for (let number = late; number < contacts; number += 1) fake.addContact({ email: email(number) })
  const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
  const config = hubspotSettings.parse({ type: 'hubspot', token: fake.token, url: fake.url, link })
  const crm = createHubSpotDestination({ name: 'crm', config, pacer: unpaced })
  const destinations = new Map<string, Destination>([['crm', crm]])
  const deps = activityDeps({ ledger, api: {} as never, destinations, clock })

  const callsMade = () => Object.values(fake.calls).reduce((sum, { calls }) => sum + calls, 0)
  const deliverAll = async (min: number): Promise<LinkCalls> => {
    const before = callsMade()
    let delivered = 0
    let isDone = false
    while (!isDone) {
      const slice = await deliver(deps, { destination: 'crm', isUrgent: true }, neverAborted)
      if (slice.rejected > 0) throw new Error(`${slice.rejected} rows are refused`)
      delivered += slice.delivered
      isDone = slice.isDone
    }
    return { calls: callsMade() - before, min, delivered }
  }

  try {
    await crm.apply()
    const found = links - late
    // The codes, a lookup of each key, and the existing records: written, and associated with their codes.
    const first = await deliverAll(inCalls(links) + inCalls(links) + 2 * inCalls(found))
    const again = await deliverAll(0)
    for (let number = 0; number < late; number += 1) fake.addContact({ email: email(number) })
    nowMs += hourMs
    const lateOnes = await deliverAll(3 * inCalls(late))
    const shown = fake
      .recordsOf('contacts')
      .filter(({ properties }) => properties['qrsync_total_scans'] === '1')
    const associated = fake.associations('contacts', 'qr_code').length
    if (fake.violations.length > 0) throw new Error(JSON.stringify(fake.violations[0]))
    return { first, again, late: lateOnes, contactsWithScans: shown.length, associated }
  } finally {
    await crm.close()
    await fake.close()
  }
}
