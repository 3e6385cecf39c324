import { deliver } from '../../../activities/delivery/deliver.ts'
import type { DeliverySlice } from '../../../activities/contract.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { QrCode } from '../../../src/streams/qr-codes.ts'
import { activityDeps } from '../worlds/activity-deps.ts'
import { landCodes, landNewScans } from '../ledger/filled-ledger.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { destinationTo, type HubSpotSettings } from './hubspot-world.ts'
import { codeOf, scanOf } from '../ledger/landed-rows.ts'

export const hourMs = 3_600_000

/** Codes that name records of a fake HubSpot, and their delivery, with its own clock. */
export class LinkWorld {
  readonly #ledger: Ledger
  readonly #fake: FakeHubSpot
  readonly #deps: ReturnType<typeof activityDeps>
  nowMs = Date.parse('2026-03-31T06:00:00Z')
  #scans = 0

  constructor(
    ledger: Ledger,
    fake: FakeHubSpot,
    object = 'contacts',
    property = 'email',
    codes = 'products',
    settings: HubSpotSettings = {},
  ) {
    this.#ledger = ledger
    this.#fake = fake
    const link = [{ object, property, parameter: 'utm_id' }]
    const destination = destinationTo(fake, { object: codes, link, ...settings })
    this.#deps = activityDeps({
      api: {} as never,
      ledger,
      destinations: new Map([['crm', destination]]),
      clock: { now: () => this.nowMs, sleep: () => Promise.resolve() },
    })
  }

  get destination() {
    const destination = this.#deps.destinations.get('crm')
    if (destination === undefined) throw new Error('no destination')
    return destination
  }

  /** A code that names a key, or none. */
  code(number: number, key: string | null): QrCode {
    const query = key === null ? '' : `?utm_id=${encodeURIComponent(key)}`
    return {
      ...codeOf(number),
      destination_url: `https://example.com/${query}`,
      scan_count: null,
      last_scanned_at: null,
    }
  }

  async land(...codes: [number: number, key: string | null][]): Promise<void> {
    const rows = codes.map(([number, key]) => this.code(number, key))
    for (let start = 0; start < rows.length; start += 100) {
      await landCodes(this.#ledger, rows.slice(start, start + 100), this.nowMs)
    }
  }

  /** Lands a code with a destination URL as its owner typed it. */
  async landUrl(number: number, destination_url: string): Promise<void> {
    await landCodes(this.#ledger, [{ ...this.code(number, null), destination_url }], this.nowMs)
  }

  async scan(number: number, times: number): Promise<void> {
    const scans = Array.from({ length: times }, () =>
      scanOf({
        id: `scan-${++this.#scans}`,
        qr_code_id: `code-${number}`,
        scanned_at: new Date(this.nowMs - 1_000).toISOString(),
        is_unique: this.#scans % 2 === 0,
      }),
    )
    await landNewScans(this.#ledger, scans, this.nowMs)
  }

  /** Delivers like a workflow, slice after slice, without delays. */
  async deliver(): Promise<{ delivered: number; rejected: number }> {
    const sum = { delivered: 0, rejected: 0 }
    for (let slices = 1; ; slices += 1) {
      if (slices > 50) throw new Error('the delivery does not come to an end')
      const slice: DeliverySlice = await deliver(
        this.#deps,
        { destination: 'crm', isUrgent: true },
        new AbortController().signal,
      )
      sum.delivered += slice.delivered
      sum.rejected += slice.rejected
      if (slice.isDone) return sum
    }
  }

  /** The totals of a record. */
  totalsOf(object: string, id: string): (number | null)[] {
    const record = this.#fake.recordsOf(object).find((each) => each.id === id)
    const names = ['qrsync_total_scans', 'qrsync_unique_scans', 'qrsync_scans_last_7_days', 'qrsync_codes']
    return names.map((name) => {
      const value = record?.properties[name]
      return value === undefined ? null : Number(value)
    })
  }
}
