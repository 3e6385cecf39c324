import { compareScans } from '../../../src/cli/verify/compare-destination.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { conditionsOf } from '../../../src/observability/alerts/conditions.ts'
import { readVitals } from '../../../src/observability/vitals.ts'
import { periodOf } from '../../../src/budget/windows.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readMonth } from '../../../src/ledger/calls/months.ts'
import { countRejects, readRejects } from '../../../src/ledger/deliveries/rejects.ts'
import { readDestination } from '../../../src/insight/read-destinations.ts'
import { readSyncStanding } from '../../../src/insight/read-standing.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { streamNames, type StreamName } from '../../../src/streams/streams.ts'
import { dueMs } from '../../../src/temporal/due-ms.ts'
import { names } from '../../../src/temporal/names.ts'
import { hourMs, minuteMs } from '../durations.ts'
import { refusedForAWhile } from '../destinations/warehouse-model.ts'
import { wrongClocks } from '../swarm.ts'
import type { World } from '../world.ts'

/** An outage is known after a few failed calls in a row. */
const failuresOfOutage = 6

/** 6. What `status` and the metrics show is true, compared with the model. */
export async function checkStatus(world: World, ledger: Ledger): Promise<void> {
  const { api, setting, swarm, time, violations } = world
  const { connector } = setting.config
  if (swarm.hasAny(wrongClocks)) return
  const state = await readConnector(ledger, connector)
  if (state.identified_at_ms === null) return
  const month = await readMonth(ledger, connector, periodOf(time.nowMs, state.month_resets_at_ms).key)
  if (month.calls < api.windows.ourCallsThisMonth && state.month_resets_at_ms === null) {
    violations.add(
      'truth',
      `status counts ${month.calls} calls of the month, and the API ${api.windows.ourCallsThisMonth} of ours`,
    )
  }
  for (const [name, warehouse] of world.warehouses()) {
    if (!warehouse.isKnown) continue
    const standing = await readDestination(ledger, connector, name, streamNames)
    for (const stream of ['scans', 'qr_codes'] as const) {
      const missing = await missingOf(world, ledger, name, stream)
      if (missing.length > standing.rowsBehind) {
        violations.add(
          'truth',
          `status tells of ${standing.rowsBehind} rows behind, and ${missing.length} rows of ${stream} are not in ${name}`,
        )
      }
    }
  }
  await checkComplete(world, ledger)
  await checkVerify(world, ledger)
  const standing = await readSyncStanding(ledger, connector, time.nowMs)
  const isOut = world.failedInARow >= failuresOfOutage && time.nowMs - world.failedAtMs > minuteMs
  if (
    isOut &&
    standing.failing === undefined &&
    state.gate_until_ms < world.failedAtMs &&
    !swarm.rates.has('ledger_fails')
  ) {
    violations.add('truth', `${world.failedInARow} calls have failed, and status tells of no failure`)
  }
}

/** 6. "Complete as of" is true. Checked whenever it may have changed, because a wrong one is corrected soon. */
export async function checkComplete(world: World, ledger: Ledger): Promise<void> {
  const { setting, swarm, violations } = world
  if (swarm.hasAny(wrongClocks)) return
  for (const [name, warehouse] of world.warehouses()) {
    if (!warehouse.isKnown) continue
    const { completeAtMs } = await readDestination(ledger, setting.config.connector, name, streamNames)
    if (completeAtMs === null) continue
    const missing = await missingOf(world, ledger, name, 'scans')
    if (missing.some(({ landedMs }) => landedMs < completeAtMs)) {
      violations.add(
        'truth',
        `status tells that ${name} was complete at ${new Date(completeAtMs).toISOString()}, and it is not`,
      )
    }
  }
}

/** 6. qrsync names the time of the next planned sync, and the Schedule starts it then. */
export function checkNextRun({ calmSinceMs, machines, server, time, violations }: World): void {
  const { schedule, connector } = machines.parts.config
  if (schedule.cron === undefined) return
  const times = { cron: schedule.cron, timeZone: schedule.time_zone }
  const id = names.schedule(connector)
  if (time.nowMs > calmSinceMs + hourMs && !server.schedules.hasTimes(id, times)) {
    violations.add('truth', `the Schedule has not the times of the config file: ${JSON.stringify(times)}`)
  }
  const runMs = server.schedules.hasTimes(id, times) ? server.schedules.nextRunMs(id) : null
  const toldMs = dueMs(schedule, time.nowMs, time.nowMs)
  if (runMs !== null && runMs !== toldMs && !comesTwice(runMs, schedule.time_zone)) {
    const [run, told] = [runMs, toldMs ?? 0].map((ms) => new Date(ms).toISOString())
    violations.add('truth', `a sync is told for ${told ?? ''}, and the Schedule starts it at ${run ?? ''}`)
  }
}

/** In autumn, clocks show some times twice, and qrsync names only the first of them. */
function comesTwice(timeMs: number, timeZone: string): boolean {
  const clock = new Intl.DateTimeFormat('en-US', { timeZone, timeStyle: 'short' })
  return clock.format(timeMs) === clock.format(timeMs - hourMs)
}

/** 6. Once faults have ended, no alert stays on without its reason. */
export async function checkAlerts(world: World, ledger: Ledger): Promise<void> {
  const { api, apiTroubles, setting, time, violations } = world
  const { connector } = setting.config
  const destinations = new Map(
    [...world.warehouses().keys()].map((name) => [
      name,
      { streams: streamNames, gatherMs: setting.gatherMs },
    ]),
  )
  const vitals = await readVitals(ledger, [{ connector, ledger, destinations, settingsOf: null }], time.nowMs)
  const isSpent = world.callsLeft.areFew
  const hasBrokenTable = [...world.warehouses().values()].some(({ fault }) => fault?.is === 'broken')
  const reasons: Readonly<Record<string, boolean>> = {
    'budget ahead of pace': true,
    'rows rejected': world.swarm.rates.has('warehouse_refuses') || world.swarm.rates.has('hubspot_refuses'),
    'destination changed': world.swarm.hasAny(['warehouse_replaced', 'freeze_at_write']),
    'rows set aside': world.swarm.rates.has('odd_rows'),
    'scans missing': world.swarm.rates.has('odd_rows'),
    // No page that has it was fetched since, for example because its code was erased.
    'missing field': world.swarm.rates.has('odd_rows'),
    // If nothing had to be fetched, no call has been made since.
    'codes failing':
      world.invariants.calls.hasLastFailed('code') || api.codes.some(({ id }) => apiTroubles.isBroken(id)),
    'stream failing': hasBrokenTable,
    // The working tables may have nothing to receive.
    'destination stuck': hasBrokenTable,
    'calls paused': isSpent,
    'freshness target missed': setting.config.codes.length > 0,
    // An operator stopped the sync that was promised.
    'sync overdue': world.swarm.rates.has('operator'),
    // Only the next month's calls show whether it still fails.
    'API failing': isSpent || world.invariants.calls.hasLastFailed('endpoint'),
  }
  for (const { condition, text } of conditionsOf(vitals, [], time.nowMs)) {
    if (reasons[condition] !== true) violations.add('truth', `"${condition}" is on without a reason: ${text}`)
  }
}

/** 6. Once faults have ended, the rows reported as refused are those that were not accepted in the end. */
export async function checkRejects(world: World, ledger: Ledger): Promise<void> {
  const { connector } = world.setting.config
  const erased = await world.invariants.erasures.readErased(ledger)
  for (const [name, warehouse] of world.warehouses()) {
    if (warehouse.fault !== null) continue
    const refused = new Map([...warehouse.refused].filter(([, { codeId }]) => !erased.has(codeId)))
    const of = { connector, destination: name }
    const rejects = await readRejects(ledger, of, await countRejects(ledger, of))
    const told = new Set(rejects.map(({ stream, id }) => `${stream} ${id}`))
    const untold = [...refused.keys()].find((row) => !told.has(row))
    const wrong = [...told].find((row) => !refused.has(row))
    const [left] = [...refused].find(([, { reason }]) => reason === refusedForAWhile) ?? []
    if (left !== undefined && world.hasReplayed) {
      world.violations.add('rows', `${left} was replayed, and is not in ${name}`)
    }
    if (untold !== undefined) {
      world.violations.add('truth', `${name} refuses ${untold}, and no list tells of it`)
    }
    if (wrong !== undefined) {
      world.violations.add('truth', `rejects list tells of ${wrong}, which ${name} took`)
    }
  }
}

/** Nothing is lost, so `verify` never reports a loss. */
async function checkVerify(world: World, ledger: Ledger): Promise<void> {
  const { connector } = world.setting.config
  const codes = await ledger.selectFrom('qr_codes').select('id').execute()
  const codeIds = codes.map(({ id }) => id)
  for (const [name, warehouse] of world.warehouses()) {
    if (!warehouse.isKnown) continue
    const countScans = () => Promise.resolve(warehouse.countScans(codeIds))
    const destination = { countScans } as unknown as Destination
    const compared = await compareScans({ ledger, connector, name, destination, codeIds })
    const wrong = compared?.gaps.find(({ missing, more }) => missing + more > 0)
    if (wrong !== undefined) {
      world.violations.add(
        'truth',
        `verify tells of ${wrong.missing} scans of code ${wrong.id} missing in ${name}, and ${wrong.more} too many`,
      )
    }
  }
}

async function missingOf(
  world: World,
  ledger: Ledger,
  destination: string,
  stream: StreamName & ('scans' | 'qr_codes'),
): Promise<{ id: string; landedMs: number }[]> {
  const table = world.warehouses().get(destination)?.tables[stream]
  const rows = await ledger
    .selectFrom(stream)
    .select(['id', 'landed_at_ms as landedMs'])
    .where('id', 'not in', (eb) =>
      eb
        .selectFrom('rejects')
        .select('row_id')
        .where((each) => each.and({ destination, stream })),
    )
    .execute()
  return rows.filter(({ id }) => table?.has(id) !== true)
}
