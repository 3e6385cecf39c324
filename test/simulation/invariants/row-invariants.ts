import { sql } from 'kysely'
import { readCompleteness } from '../../../src/insight/read-completeness.ts'
import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { streamNames, type StreamName } from '../../../src/streams/streams.ts'
import { hourMs, minuteMs } from '../durations.ts'
import { wrongClocks } from '../swarm.ts'
import { codeIdOf, type WarehouseModel } from '../destinations/warehouse-model.ts'
import type { World } from '../world.ts'

/** With faults: a destination's backoff is at most an hour. */
const deliveredWithinMs = 3 * hourMs
/** Once faults have ended for an hour. */
const deliveredSoonMs = 3 * minuteMs
/** Writes of the current slice, and of the one that lands the scan. */
const writesAtOnce = 2 * streamNames.length
const calmAfterMs = hourMs + 10 * minuteMs

type Scans = readonly { id: string }[]

/** 3. No watermark has passed a row that is neither confirmed nor rejected. */
export async function checkWatermarks(world: World, ledger: Ledger): Promise<void> {
  for (const [name, warehouse] of world.warehouses()) {
    const settled = await ledger
      .selectFrom('scans')
      .innerJoin('deliveries', (join) => join.onRef('deliveries.connector', '=', 'scans.connector'))
      .select('scans.id')
      .where('deliveries.stream', '=', 'scans')
      .where('deliveries.destination', '=', name)
      .where(sql<boolean>`scans.seq <= deliveries.watermark_seq`)
      .where('scans.id', 'not in', rejectsOf(ledger, name))
      .execute()
    const missing = settled.find(({ id }) => !warehouse.tables.scans.has(id))
    if (missing !== undefined && warehouse.isKnown) {
      world.violations.add(
        'watermarks',
        `scan ${missing.id} is behind the watermark of ${name}, and not there`,
      )
    }
  }
}

/**
 * 5. Landed rows are delivered within a limit, whatever else is broken, unless something that the delivery
 * needs was away.
 */
export async function checkDelays(world: World, ledger: Ledger): Promise<void> {
  const { time, swarm, server, lastAwayMs, calmSinceMs } = world
  if (server.isAway) return
  for (const [name, warehouse] of world.warehouses()) {
    const isCalm = time.nowMs - Math.max(calmSinceMs, lastAwayMs) > calmAfterMs
    const { gatherMs, writeMs } = world.setting
    const soonMs = deliveredSoonMs + gatherMs + writesAtOnce * writeMs
    const boundMs = isCalm ? soonMs : deliveredWithinMs
    // A wrong clock delays nothing once it is right again.
    if (!isCalm && swarm.hasAny(wrongClocks)) continue
    if (!takesScans(warehouse) || !warehouse.isKnown || time.nowMs - lastAwayMs < boundMs) continue
    const landed = await ledger
      .selectFrom('scans')
      .select('id')
      .where('landed_at_ms', '<', time.nowMs - boundMs)
      .where('id', 'not in', rejectsOf(ledger, name))
      .execute()
    const late = landed.filter(({ id }) => !warehouse.tables.scans.has(id))
    if (late.length > 0) {
      world.violations.add(
        'liveness',
        `${late.length} scans were landed ${boundMs / minuteMs} minutes ago, and are not in ${name}`,
      )
    }
  }
}

/** Another broken table delays no scan. */
const takesScans = ({ fault }: WarehouseModel) =>
  fault === null || (fault.is === 'broken' && fault.stream !== 'scans')

/** 2, 6. Once faults have ended and time has passed, everything has arrived, and what has not is reported. */
export async function checkRows(world: World, ledger: Ledger): Promise<void> {
  const { api, apiTroubles, invariants, setting, time, violations } = world
  const state = await readConnector(ledger, setting.config.connector)
  const completeness = await readCompleteness(ledger, state, time.nowMs)
  const landed = new Set((await ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id))
  const erased = await invariants.erasures.readErased(ledger)
  for (const code of api.codes) {
    if (code.deletedMs !== null || apiTroubles.isBroken(code.id) || erased.has(code.id)) continue
    const missing = code.scans.filter(({ id }) => !landed.has(id))
    const [first] = missing
    if (first === undefined) continue
    const told = completeness.find(({ id }) => id === code.id)
    const toldMissing =
      told === undefined ? 0 : told.pending + told.gap + told.notHandedOut + told.setAside + told.unexplained
    const isExcused =
      world.callsLeft.areFew ||
      setting.without.size > 0 ||
      // A count that has fallen does not show a late scan.
      (code.forgotten > 0 && missing.every(({ wasLate = false }) => wasLate)) ||
      (told !== undefined && told.setAside >= missing.length)
    if (!isExcused) {
      violations.add(
        'rows',
        `${missing.length} of ${code.scans.length} scans of code ${code.id} are not landed, the first of ${new Date(first.timeMs).toISOString()}; verify tells of ${toldMissing}`,
      )
    } else if (
      toldMissing === 0 &&
      !world.callsLeft.areFew &&
      !setting.without.has('scan_count') &&
      !swarmHides(world)
    ) {
      violations.add(
        'truth',
        `${missing.length} scans of code ${code.id} are missing, and verify tells of none`,
      )
    }
  }
  for (const id of landed) if (!api.scanIds.has(id)) violations.add('rows', `scan ${id} was never scanned`)
  for (const [name, { fault }] of world.warehouses()) {
    const broken = fault?.is === 'broken' ? fault.stream : null
    for (const stream of streamNames) if (stream !== broken) await checkDelivered(world, ledger, name, stream)
  }
}

/** 6. A code is deleted only if the API itself says so, whatever else answers in its place. */
export async function checkDeleted({ api, violations }: World, ledger: Ledger): Promise<void> {
  const deleted = await ledger.selectFrom('qr_codes').select('id').where('deleted', '=', 1).execute()
  for (const { id } of deleted) {
    const code = api.codes.find((each) => each.id === id)
    if (code?.wasDeleted !== true) {
      violations.add('truth', `code ${id} is deleted in the ledger, and was never`)
    }
  }
}

/** If counts fall, missing scans cannot be counted. */
const swarmHides = ({ swarm }: World) => swarm.rates.has('counts_fall')

async function checkDelivered(world: World, ledger: Ledger, name: string, stream: StreamName): Promise<void> {
  const table = world.warehouses().get(name)?.tables[stream]
  if (table === undefined || stream === 'analytics_daily' || stream === 'analytics_breakdown') return
  const rejects = await rejectsOf(ledger, name, stream).execute()
  const rejected = new Set(rejects.map(({ row_id: id }) => id))
  const rows: Scans = await ledger.selectFrom(stream).select('id').execute()
  const missing = rows.filter(({ id }) => !table.has(id) && !rejected.has(id))
  if (missing.length > 0) {
    world.violations.add('rows', `${missing.length} rows of ${stream} are landed and not in ${name}`)
  }
  const known = new Set(rows.map(({ id }) => id))
  const erased = await world.invariants.erasures.readErased(ledger)
  const foreign = [...table].filter(([id, json]) => !known.has(id) && !erased.has(codeIdOf({ id, json })))
  if (foreign.length > 0) {
    world.violations.add('rows', `${foreign.length} rows of ${stream} are in ${name} and not landed`)
  }
}

function rejectsOf(ledger: Ledger, destination: string, stream: StreamName = 'scans') {
  return ledger
    .selectFrom('rejects')
    .select('row_id')
    .where((eb) => eb.and({ destination, stream }))
}
