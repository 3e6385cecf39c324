import { compareScans, compareTotals } from '../../../src/cli/verify/compare-destination.ts'
import { compareLinks } from '../../../src/cli/verify/verify-links.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FakeRecord } from '../../fake-hubspot/fake-account.ts'
import { linkKeyOf, type LinkSetting } from '../destinations/destination-setting.ts'
import { hourMs } from '../durations.ts'
import {
  readLandedTruth,
  readRejectedIds,
  readTroubles,
  scansOfLastDays,
  totalsOf,
  type TrueCode,
  type TrueScan,
} from './landed-truth.ts'
import { linkedCodeProblems, linkedScanProblems } from './linked-problems.ts'
import type { SimulatedHubSpot } from '../destinations/simulated-hubspot.ts'
import type { FaultKind } from '../swarm.ts'
import type { World } from '../world.ts'

/** The name property of a new record of HubSpot's own objects. */
const nameProperties: Readonly<Record<string, string>> = { companies: 'name', products: 'name' }

/** With these, calls arrive at other times than the connector can expect. */
const timesAreOff: readonly FaultKind[] = [
  'hubspot_slow',
  'clock_jump',
  'freeze',
  'freeze_at_write',
  'ledger_slow',
]

/** Per invariant. */
const mostTold = 3

/** As written: an unknown value is missing. */
type Values = Record<string, string | undefined>

/**
 * What must hold for HubSpot at the end of a run. The truth is the scans of the API's model, summed here
 * independently.
 */
export class HubSpotInvariants {
  readonly #world: World
  readonly #hubspot: SimulatedHubSpot
  readonly #told = new Map<string, number>()
  /** Codes that it has to erase still: what they have left is no longer landed. */
  #erasing: ReadonlyMap<string, unknown> = new Map()

  constructor(world: World, hubspot: SimulatedHubSpot) {
    this.#world = world
    this.#hubspot = hubspot
  }

  async atTheEnd(): Promise<void> {
    const ledger = this.#world.database.connect()
    const codes = await readLandedTruth(this.#world, ledger)
    this.#erasing = await this.#world.invariants.erasures.readOpen(ledger, 'hubspot')
    this.#checkCalls()
    await this.#checkFailures(ledger)
    const recordIds = await this.#checkCodes(ledger, codes)
    if (this.#hubspot.setting.scans) await this.#checkScans(ledger, codes, recordIds)
    for (const rule of this.#hubspot.setting.link) {
      await this.#checkLinks(ledger, codes, rule)
      if (this.#erasing.size > 0) continue
      const linked = { ledger, codes, rule, recordIds }
      const problems = [
        ...(await linkedCodeProblems(this.#world, this.#hubspot, linked)),
        ...(await linkedScanProblems(this.#world, this.#hubspot, linked)),
      ]
      for (const problem of problems) this.#violated('records', problem)
    }
    await this.#compareWithVerify(ledger, codes)
  }

  #violated(invariant: string, detail: string): void {
    const told = (this.#told.get(invariant) ?? 0) + 1
    this.#told.set(invariant, told)
    // A problem of one record is usually one of many.
    if (told <= mostTold) this.#world.violations.add(invariant, `HubSpot: ${detail}`)
  }

  #checkCalls(): void {
    for (const { call, problem } of this.#hubspot.requestProblems) {
      this.#violated('calls', `${call}: ${problem}`)
    }
    const [refusal] = this.#hubspot.refusals
    if (refusal !== undefined && !this.#world.swarm.hasAny(timesAreOff)) {
      this.#violated('windows', `a call was refused: ${refusal}`)
    }
  }

  async #checkFailures(ledger: Ledger): Promise<void> {
    const { failures, refusal } = await readTroubles(ledger, 'hubspot')
    for (const failure of failures) this.#violated('liveness', failure)
    const isExcused = this.#world.swarm.hasAny(['hubspot_refuses', 'hubspot_partial'])
    if (refusal !== null && (this.#world.hasReplayed || !isExcused)) {
      this.#violated('refusals', refusal)
    }
  }

  /** @returns the id of each code's record */
  async #checkCodes(ledger: Ledger, codes: readonly TrueCode[]): Promise<Map<string, string>> {
    const { object } = this.#hubspot.setting
    const rejected = await readRejectedIds(ledger, 'hubspot', 'code_summaries')
    const records = Map.groupBy(this.#recordsOf(object), ({ properties }) => properties['qrsync_code_id'])
    const ids = new Map<string, string>()
    for (const each of codes) {
      const { code, scans, wasOdd } = each
      const [record, other] = records.get(code.id) ?? []
      records.delete(code.id)
      if (other !== undefined) this.#violated('records', `code ${code.id} has two`)
      if (record !== undefined) ids.set(code.id, record.id)
      if (rejected.has(code.id)) continue
      if (record === undefined) {
        this.#violated('records', `code ${code.id} has none`)
        continue
      }
      const status = code.deletedMs === null ? 'active' : 'deleted'
      const what = `code ${code.id}`
      if (!this.#world.callsLeft.areFew) {
        this.#compare(what, record, { qrsync_name: code.name, qrsync_status: status })
      }
      this.#compare(what, record, { qrsync_utm_source: 'print', qrsync_utm_campaign: undefined })
      if (!wasOdd) this.#compare(what, record, valuesOf(scans))
      this.#compareTotal(what, record, [each])
      const nameProperty = nameProperties[object]
      if (nameProperty !== undefined && record.properties[nameProperty]?.startsWith('Code ') !== true) {
        this.#violated('records', `that of code ${code.id} has no name`)
      }
    }
    if (records.size > 0) this.#violated('records', `there are ${records.size} of no code`)
    return ids
  }

  /** The list may report more scans than have landed. */
  #compareTotal(what: string, { properties }: FakeRecord, codes: readonly TrueCode[]): void {
    const landed = codes.reduce((sum, { scans }) => sum + scans.length, 0)
    const listed = codes.reduce((sum, { code, scans }) => sum + Math.max(code.scans.length, scans.length), 0)
    const total = Number(properties['qrsync_total_scans'] ?? 0)
    if (total < landed || total > listed) {
      this.#violated('records', `${what} has the total ${total} in place of ${landed} to ${listed}`)
    }
    if (codes.some(({ wasOdd }) => wasOdd)) return
    // The list may also have reported a later scan when it was last read.
    const { last } = totalsOf(codes.flatMap(({ scans }) => scans))
    const there = properties['qrsync_last_scanned_at']
    const thereMs = there === undefined ? NaN : Date.parse(there)
    const isOfScan = codes.some(({ code }) => code.scans.some(({ timeMs }) => timeMs === thereMs))
    const isListed = isOfScan && thereMs >= (last === null ? 0 : Date.parse(last))
    if (there !== (last ?? undefined) && !isListed) {
      this.#violated('records', `${what} has the last scan ${there ?? 'none'} in place of ${last ?? 'none'}`)
    }
    this.#compareLastDays(
      what,
      properties,
      codes.flatMap(({ scans }) => scans),
    )
  }

  /** As of the last delivery, which may have been on the previous day. */
  #compareLastDays(what: string, properties: Values, scans: readonly TrueScan[]): void {
    const { nowMs } = this.#world.time
    // A sync that waits for the next month does not signal that a day has passed.
    if (this.#world.callsLeft.areSpent) return
    for (const days of [7, 30]) {
      const there = Number(properties[`qrsync_scans_last_${days}_days`])
      const wanted = [nowMs, nowMs - 3 * hourMs].map((atMs) => scansOfLastDays(scans, days, atMs))
      if (!wanted.includes(there)) {
        this.#violated(
          'records',
          `${what} has ${there} scans of ${days} days in place of ${wanted.join(' or ')}`,
        )
      }
    }
  }

  async #checkScans(
    ledger: Ledger,
    codes: readonly TrueCode[],
    recordIds: ReadonlyMap<string, string>,
  ): Promise<void> {
    const rejected = await readRejectedIds(ledger, 'hubspot', 'scans')
    const records = Map.groupBy(this.#recordsOf('qr_scan'), ({ properties }) => properties['qrsync_scan_id'])
    const tied = Map.groupBy(
      records.size === 0
        ? []
        : this.#hubspot.network.account.fake.associations('qr_scan', this.#hubspot.setting.object),
      ({ from }) => from,
    )
    for (const scan of codes.flatMap(({ scans }) => scans)) {
      const [record, other] = records.get(scan.id) ?? []
      records.delete(scan.id)
      if (other !== undefined) this.#violated('records', `scan ${scan.id} has two`)
      if (rejected.has(scan.id)) continue
      if (record === undefined) {
        this.#violated('records', `scan ${scan.id} has none`)
        continue
      }
      if (!scan.wasOdd) {
        this.#compare(`scan ${scan.id}`, record, {
          qrsync_qr_code_id: scan.qr_code_id,
          qrsync_scanned_at: scan.scanned_at,
          qrsync_device_type: scan.device_type,
          qrsync_os: scan.os ?? undefined,
          qrsync_browser: scan.browser ?? undefined,
          qrsync_is_unique: String(scan.is_unique),
        })
      }
      const ties = (tied.get(record.id) ?? []).map(({ to }) => to)
      const isTied = scan.wasOdd || ties[0] === recordIds.get(scan.qr_code_id)
      // Products have no associations.
      const expected = this.#hubspot.setting.object === 'products' ? 0 : 1
      if (ties.length !== expected || (expected === 1 && !isTied)) {
        this.#violated('records', `scan ${scan.id} is tied to ${ties.length} records`)
      }
    }
    if (records.size > 0) this.#violated('records', `there are ${records.size} of no scan`)
  }

  async #checkLinks(ledger: Ledger, codes: readonly TrueCode[], rule: LinkSetting): Promise<void> {
    const { object, property, field } = rule
    const rejected = await readRejectedIds(ledger, 'hubspot', 'link_summaries')
    // A key may be an earlier name of the code.
    if (field === 'name' && this.#world.callsLeft.areFew) return
    const byKey = Map.groupBy(codes, ({ code }) => linkKeyOf(rule, code))
    for (const record of this.#recordsOf(object)) {
      if ([...rejected].some((id) => id.endsWith(`#${record.id}`))) continue
      const key = record.properties[property] ?? ''
      const named = byKey.get(key) ?? []
      const what = `${object} ${key}`
      if (named.length === 0) {
        const { qrsync_codes: there = '0', qrsync_total_scans: total = '0' } = record.properties
        if (there !== '0' || total !== '0') this.#violated('records', `${what} has ${total} scans of no code`)
        continue
      }
      this.#compare(what, record, { qrsync_codes: String(named.length) })
      if (!named.some(({ wasOdd }) => wasOdd)) {
        this.#compare(what, record, valuesOf(named.flatMap(({ scans }) => scans)))
      }
      this.#compareTotal(what, record, named)
    }
  }

  /** Compares with the result of `qrsync verify`. */
  async #compareWithVerify(ledger: Ledger, codes: readonly TrueCode[]): Promise<void> {
    const { connector } = this.#world.setting.config
    const destination = this.#world.destinations.of(ledger, Date.now).get('hubspot')
    if (destination === undefined) throw new Error('there is no HubSpot')
    const codeIds = codes.map(({ code }) => code.id)
    const compared = { ledger, connector, name: 'hubspot', destination, codeIds }
    const totals = await compareTotals(compared)
    const scans = await compareScans(compared)
    const gaps = [...(totals?.gaps ?? []), ...(scans?.gaps ?? [])]
    const links = await compareLinks(compared, this.#world.time.nowMs)
    for (const gap of gaps) {
      if (gap.missing + gap.more + gap.waiting > 0) {
        this.#violated('truth', `verify says ${JSON.stringify(gap)}`)
      }
    }
    for (const gap of links?.gaps ?? []) {
      if (gap.why !== 'refused') this.#violated('truth', `verify says ${JSON.stringify(gap)}`)
    }
  }

  #recordsOf(object: string): FakeRecord[] {
    try {
      const records = this.#hubspot.network.account.fake.recordsOf(object)
      return records.filter(({ properties }) => !this.#erasing.has(codeIdOf(properties)))
    } catch {
      // A custom object that does not exist yet.
      return []
    }
  }

  #compare(what: string, { properties }: FakeRecord, wanted: Values): void {
    for (const [name, value] of Object.entries(wanted)) {
      if (properties[name] !== value) {
        this.#violated(
          'records',
          `${what} has ${name} ${properties[name] ?? 'empty'} in place of ${value ?? 'empty'}`,
        )
      }
    }
  }
}

const codeIdOf = (values: Values) => values['qrsync_code_id'] ?? values['qrsync_qr_code_id'] ?? ''

function valuesOf(scans: readonly TrueScan[]): Values {
  const { unique, first, device, lastDevice } = totalsOf(scans)
  return {
    qrsync_unique_scans: unique === null ? undefined : String(unique),
    qrsync_first_scanned_at: first ?? undefined,
    qrsync_top_device: device ?? undefined,
    qrsync_top_country: undefined,
    qrsync_last_device: lastDevice ?? undefined,
  }
}
