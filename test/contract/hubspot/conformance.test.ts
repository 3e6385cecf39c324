import { afterEach, describe, expect } from 'vitest'
import type { DeliveredStream } from '../../../src/streams/streams.ts'
import { destinationConformance } from '../../support/destinations/destination-conformance.ts'
import type { KeptRow } from '../../support/destinations/destination-under-test.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { destinationTo } from '../../support/destinations/hubspot-world.ts'

describe('HubSpot', () => {
  const fakes: FakeHubSpot[] = []

  afterEach(async () => {
    for (const fake of fakes.splice(0)) {
      expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
      await fake.close()
    }
  })

  destinationConformance({
    streams: ['code_summaries', 'scans', 'link_summaries'],
    async make() {
      const fake = await startFakeHubSpot({
        limits: { tenSecondly: 1_000_000 },
        portalId: 1_000 + fakes.length,
      })
      for (let person = 1; person <= 31; person += 1) {
        fake.addContact({ email: `person-${person}@example.com` })
      }
      fakes.push(fake)
      const link = [{ object: 'contacts', property: 'email', parameter: 'utm_id' }]
      return destinationTo(fake, { scans: true, link }, { name: 'tested' })
    },
    readBack: (stream) => Promise.resolve(fakes.slice(-1).flatMap((fake) => readBack(fake, stream))),
    outageOf: 'destination',
    beginOutage() {
      const fake = fakes.at(-1)
      fake?.goDown()
      return Promise.resolve(() => Promise.resolve(fake?.comeBack()))
    },
  })
})

const objects: Partial<Record<DeliveredStream, string>> = {
  code_summaries: 'qr_code',
  scans: 'qr_scan',
  link_summaries: 'contacts',
}

const totalTexts = ['top_device', 'top_country', 'last_device', 'last_country', 'last_city']
const texts = ['name', 'destination_url', 'short_url', 'status', ...totalTexts]
const times = ['first_scanned_at', 'last_scanned_at']
const counts = ['total_scans', 'unique_scans', 'scans_last_7_days', 'scans_last_30_days']
const scanTexts = ['device_type', 'os', 'browser', 'language', 'referrer', 'country', 'region', 'city']

/** Records in the model's format of rows. */
function readBack(fake: FakeHubSpot, stream: DeliveredStream): KeptRow[] {
  return fake.recordsOf(objects[stream] ?? '').flatMap(({ id: record, properties }): KeptRow[] => {
    const of = (name: string) => properties[`qrsync_${name}`] ?? null
    const all = (names: string[], read: (name: string) => unknown = of) =>
      Object.fromEntries(names.map((name) => [name, read(name)]))
    const count = (name: string) => (of(name) === null ? null : Number(of(name)))
    switch (stream) {
      case 'code_summaries':
        return [{ id: of('code_id') ?? '', ...all([...texts, ...times]), ...all(counts, count) }]
      case 'scans':
        return [
          {
            id: of('scan_id') ?? '',
            qr_code_id: of('qr_code_id'),
            scanned_at: of('scanned_at'),
            ...all(scanTexts),
            is_unique: of('is_unique') === null ? null : of('is_unique') === 'true',
            extra: JSON.parse(of('extra') ?? 'null') as unknown,
          },
        ]
      default: {
        // A contact that no code names was not written.
        if (count('codes') === null) return []
        const ofRecord = all(['last_code', ...totalTexts, ...times])
        return [
          {
            id: `contacts.email#${record}`,
            rule: 'contacts.email',
            record,
            code_names: of('code_names')?.split('\n') ?? [],
            ...ofRecord,
            ...all(['codes', ...counts], count),
          },
        ]
      }
    }
  })
}
