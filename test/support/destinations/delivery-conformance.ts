import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deliver } from '../../../activities/delivery/deliver.ts'
import type { StreamFailure } from '../../../activities/contract.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { isDelivered } from '../../../src/insight/read-progress.ts'
import { readRejects, requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import { readTarget } from '../../../src/ledger/deliveries/targets.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { activityDeps } from '../worlds/activity-deps.ts'
import type { DestinationUnderTest } from './destination-under-test.ts'
import { fillLedger, landNewScans } from '../ledger/filled-ledger.ts'
import { scanOf } from '../ledger/landed-rows.ts'
import { temporaryLedger } from '../ledger/temporary-ledger.ts'
import { erasureConformance } from './erasure-conformance.ts'
import { outcomesFrom } from './with-upsert.ts'
import { operator } from '../ledger/operator.ts'

const connector = 'test'
const codes = 5
const scans = 120
const place = { connector, destination: 'tested' }

/** What happens to rows on their way from the ledger to a destination, whatever fails. */
export function deliveryConformance(tested: DestinationUnderTest): void {
  describe('delivery from the ledger', () => {
    let ledger: Ledger
    let destination: Destination

    beforeEach(async () => {
      destination = await tested.make()
      ledger = await temporaryLedger()
      await fillLedger(ledger, { codes, scans, nowMs: Date.now() })
    })

    afterEach(async () => {
      await destination.close()
      await ledger.destroy()
    })

    /** Like the workflow: slice after slice, without gathering. */
    async function deliverAll(to: Destination = destination): Promise<Delivered> {
      const deps = activityDeps({ ledger, api: noApi, destinations: new Map([['tested', to]]) })
      const sum = { delivered: 0, rejected: 0 }
      let failures: StreamFailure[] = []
      for (let isDone = false; !isDone;) {
        const request = { destination: 'tested', isUrgent: true, retriesFailed: failures.length === 0 }
        const slice = await deliver(deps, request, neverAborted)
        sum.delivered += slice.delivered
        sum.rejected += slice.rejected
        failures = slice.failures ?? []
        isDone = slice.isDone
      }
      return failures.length > 0 ? { ...sum, failures } : sum
    }

    const isAllDelivered = () => isDelivered(ledger, connector, 'tested', destination.streams)

    async function keptScanIds(): Promise<string[]> {
      await destination.close()
      return (await tested.readBack('scans')).map(({ id }) => id).toSorted()
    }

    const scanIds = (count = scans) => Array.from({ length: count }, (_, index) => `scan-${index}`).toSorted()

    test('delivers every row, and then has nothing to do', async () => {
      expect(await isAllDelivered()).toBe(false)
      const { rejected } = await deliverAll()
      expect(rejected).toBe(0)
      expect(await isAllDelivered()).toBe(true)
      expect(await keptScanIds()).toEqual(scanIds())
      expect(await deliverAll()).toEqual({ delivered: 0, rejected: 0 })
    })

    test('a crash between the vendor and the watermark: the batch is sent again, and no row is duplicated', async () => {
      let crashes = 3
      const crashing = inParts(destination, async function* (stream, rows) {
        const outcomes = await outcomesFrom(destination.write(stream, rows))
        if (crashes-- > 0) throw new Error('crashed')
        yield outcomes
      })
      const attempts = [await deliverAll(crashing), await deliverAll(crashing), await deliverAll(crashing)]
      expect(crashes).toBeLessThan(0)
      const messages = attempts.flatMap(({ failures = [] }) => failures.map(({ message }) => message))
      expect(messages).toEqual(Array(3).fill('crashed'))
      await deliverAll(crashing)
      expect(await keptScanIds()).toEqual(scanIds())
      expect(await isAllDelivered()).toBe(true)
    })

    if (tested.streams.length > 1) {
      test('a failing stream does not delay the others', async () => {
        const broken = destination.streams[0]
        const partly = inParts(destination, async function* (stream, rows) {
          if (stream === broken) throw new Error('its table is gone')
          yield* destination.write(stream, rows)
        })
        expect(await deliverAll(partly)).toMatchObject({
          failures: [{ stream: broken, code: 'Error', message: 'its table is gone', attempts: 1 }],
        })
        expect(await keptScanIds()).toEqual(scanIds())
        expect(await isAllDelivered()).toBe(false)
        expect(await deliverAll()).toEqual({
          delivered: expect.any(Number) as number,
          rejected: 0,
        })
        expect(await isAllDelivered()).toBe(true)
      })
    }

    test('an outage in the middle: no row is lost, and delivery continues after the last confirmed batch', async () => {
      let endOutage: (() => Promise<void>) | undefined
      let handedOver = 0
      const failing = inParts(destination, async function* (stream, rows) {
        if (stream === 'scans' && handedOver === 60) {
          await destination.close()
          endOutage ??= await tested.beginOutage()
        }
        const outcomes = await outcomesFrom(destination.write(stream, rows))
        if (stream === 'scans') handedOver += rows.length
        yield outcomes
      })
      const failure = {
        code: expect.stringMatching(/^DESTINATION_(UNAVAILABLE|BUSY)$/) as string,
        message: expect.stringContaining('tested') as string,
      }
      if (tested.outageOf === 'destination') {
        await expect(deliverAll(failing)).rejects.toMatchObject({ name: 'ConnectorError', ...failure })
      } else expect(await deliverAll(failing)).toMatchObject({ failures: [{ stream: 'scans', ...failure }] })
      expect(await isAllDelivered()).toBe(false)
      await endOutage?.()
      await deliverAll(failing)
      expect(handedOver).toBe(scans)
      expect(await keptScanIds()).toEqual(scanIds())
      expect(await isAllDelivered()).toBe(true)
    })

    test('a refused row is kept with its reason, delays no other row, and can be replayed once the cause is fixed', async () => {
      const bad = scanOf({ id: `scan-${scans}`, qr_code_id: 'code-0', scanned_at: 'yesterday' })
      // The ledger sorts by another value than the one that the destination reads.
      await landNewScans(ledger, [{ ...bad, scanned_at: new Date().toISOString() }], Date.now())
      const rowOf = (scan: object) => ({ row: JSON.stringify(scan) })
      const ofBad = () => ledger.updateTable('scans').where('id', '=', bad.id)
      await ofBad().set(rowOf(bad)).execute()

      expect(await deliverAll()).toMatchObject({ rejected: 1 })
      expect(await isAllDelivered()).toBe(true)
      expect(await keptScanIds()).toEqual(scanIds())
      const rejects = await readRejects(ledger, place, 10)
      expect(rejects).toMatchObject([{ destination: 'tested', stream: 'scans', id: bad.id, attempts: 1 }])
      expect(rejects[0]?.reason).toContain('scanned_at')

      expect(await requestReplay(ledger, place, operator)).toEqual(new Map([['tested', 1]]))
      expect(await deliverAll()).toMatchObject({ rejected: 1 })
      expect(await readRejects(ledger, place, 10)).toMatchObject([{ id: bad.id, attempts: 2 }])

      await ofBad()
        .set(rowOf({ ...bad, scanned_at: '2026-03-04T05:06:07.890Z' }))
        .execute()
      expect(await deliverAll(), 'nobody has asked for it yet').toMatchObject({ rejected: 0 })
      await requestReplay(ledger, place, operator)
      expect(await deliverAll()).toMatchObject({ rejected: 0 })
      expect(await readRejects(ledger, place, 10)).toEqual([])
      expect(await keptScanIds()).toEqual(scanIds(scans + 1))
    })

    test('another account, dataset or file is filled from the first row, and reported', async () => {
      await deliverAll()
      await destination.close()
      const first = (await readTarget(ledger, place))?.identity
      destination = await tested.make()
      await deliverAll()
      expect(await isAllDelivered()).toBe(true)
      expect(await keptScanIds()).toEqual(scanIds())
      expect(await readTarget(ledger, place)).toEqual({
        identity: expect.not.stringMatching(`^${first}$`) as string,
        before: first,
        changedAtMs: expect.any(Number) as number,
      })
      expect(await deliverAll(), 'once').toEqual({ delivered: 0, rejected: 0 })
    })

    test('a ledger of an older version adopts the existing rows: nothing is delivered again', async () => {
      await deliverAll()
      await ledger.deleteFrom('destination_targets').execute()
      expect(await deliverAll()).toEqual({ delivered: 0, rejected: 0 })
      expect(await readTarget(ledger, place)).toMatchObject({ before: null })
    })

    erasureConformance(tested, () => ({
      ledger,
      destination,
      deliverAll,
      writingBy: (write) => inParts(destination, write),
      isAllDelivered,
    }))

    test('a delivery from the start duplicates and changes no row', async () => {
      await deliverAll()
      const before = await tested.readBack('scans')
      await resetDelivery(ledger, { ...place, resend: false }, operator)
      await deliverAll()
      await destination.close()
      expect(await tested.readBack('scans')).toEqual(before)
    })
  })
}

interface Delivered {
  delivered: number
  rejected: number
  failures?: StreamFailure[]
}

const neverAborted = new AbortController().signal
const noApi = new Proxy({} as Parameters<typeof activityDeps>[0]['api'], {
  get: (_, name) => {
    throw new Error(`a delivery needs no call of the API, and asked for ${String(name)}`)
  },
})

/** The destination with batches of 20 rows and another `write`. */
function inParts(destination: Destination, write: Destination['write']): Destination {
  return Object.create(destination, {
    write: { value: write },
    batch: { value: { rows: 20, characters: 4_000_000 } },
  }) as Destination
}
