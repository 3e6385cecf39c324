import { deliver } from '../../activities/delivery/deliver.ts'
import { destinationSchema } from '../../src/config/destinations.ts'
import { isDelivered } from '../../src/insight/read-progress.ts'
import { openLedger } from '../../src/ledger/base/open-ledger.ts'
import { resetDelivery } from '../../src/ledger/deliveries/reset-delivery.ts'
import { operator } from '../../test/support/ledger/operator.ts'
import { activityDeps } from '../../test/support/worlds/activity-deps.ts'
import type { VendorCalls } from './counting-proxy.ts'
import { openDestinations } from '../../src/worker/open-destinations.ts'
import type { Delivering } from './run-in-process.ts'

/** Makes one delivery like the workflow, and the same from the start again; prints the measurements. */
const { ledger: file, destination, callsUrl } = JSON.parse(process.argv[2] ?? '') as Delivering
const place = { connector: 'test', destination: 'measured' }
const ledger = await openLedger(file)
const destinations = await openDestinations(
  { destinations: { measured: destinationSchema.parse(destination) } },
  ledger,
)
const deps = activityDeps({ ledger, api: {} as never, destinations })

async function deliverAll() {
  const before = await readCalls()
  const startedAt = performance.now()
  let rows = 0
  let isDone = false
  while (!isDone) {
    const slice = await deliver(deps, { destination: 'measured', isUrgent: true }, neverAborted)
    if (slice.rejected > 0) throw new Error(`${slice.rejected} rows are refused`)
    rows += slice.delivered
    isDone = slice.isDone
  }
  const seconds = (performance.now() - startedAt) / 1000
  const streams = destinations.get('measured')?.streams ?? []
  if (!(await isDelivered(ledger, 'test', 'measured', streams))) throw new Error('not all is delivered')
  const after = await readCalls()
  return {
    rows,
    seconds: Math.round(seconds * 10) / 10,
    vendor_calls: after.calls - before.calls,
    vendor_writes: after.writes - before.writes,
  }
}

async function readCalls(): Promise<VendorCalls> {
  return callsUrl === null ? { calls: 0, writes: 0 } : ((await (await fetch(callsUrl)).json()) as VendorCalls)
}

const neverAborted = new AbortController().signal
const first = await deliverAll()
await resetDelivery(ledger, { ...place, resend: false }, operator)
const redelivery = await deliverAll()
await ledger.destroy()
console.log(JSON.stringify({ ...first, redelivery }))
