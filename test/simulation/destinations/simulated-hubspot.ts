import { hubspotSettings, type HubSpotSettings } from '../../../src/destinations/hubspot/settings.ts'
import { createFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import type { Violation } from '../../fake-hubspot/http/check-request.ts'
import type { Fault } from '../../fake-hubspot/http/faults.ts'
import { linkKeyOf, type HubSpotSetting } from './destination-setting.ts'
import { dayMs, hourMs, minuteMs } from '../durations.ts'
import {
  HubSpotNetwork,
  type HubSpotAccount,
  type HubSpotCall,
  type HubSpotFault,
  type HubSpotFaults,
} from './hubspot-network.ts'
import { happensAtTimes } from '../machines/happens-at-times.ts'
import type { Random } from '../machines/random.ts'
import type { World } from '../world.ts'

const maintenance = '<!doctype html><title>Back soon</title>'

/** What HubSpot answers while it is down. */
const outages: readonly HubSpotFault[] = [
  { is: 'refused' },
  { is: 'intercepted', status: 503, body: maintenance },
  { is: 'intercepted', status: 502, body: maintenance },
  { is: 'answered', fault: 'unavailable' },
]
const failures: readonly Fault[] = ['bad-gateway', 'unavailable', 'timeout', 'locked']
const partFailures: readonly Fault[] = ['partial', 'partial', 'conflict']

/** The HubSpot of one seed: the account, a second one that the token may move to, and the connections to them. */
export class SimulatedHubSpot implements HubSpotFaults {
  readonly setting: HubSpotSetting
  readonly config: HubSpotSettings
  readonly network: HubSpotNetwork
  /** Calls that it refused because of its limits, by its own count. */
  refusals: string[] = []
  readonly #world: World
  readonly #accounts: readonly [HubSpotAccount, HubSpotAccount]
  readonly #random: Random
  #outage: HubSpotFault | null = null

  constructor(world: World, setting: HubSpotSetting) {
    this.#world = world
    this.setting = setting
    this.#random = world.random.of('hubspot')
    this.#accounts = [this.#createAccount(24_680_135), this.#createAccount(24_680_136)]
    const [{ fake }] = this.#accounts
    this.config = hubspotSettings.parse({
      type: 'hubspot',
      token: fake.token,
      object: setting.object,
      scans: setting.scans,
      link: setting.link,
      events: setting.events,
      calls_per_10_seconds: setting.callsPer10Seconds,
    })
    this.network = new HubSpotNetwork(world.time, this.#accounts[0], this)
    this.network.onAnswered = (call, answer, fault) => {
      const text = `${call.method} ${call.path} → ${answer?.status ?? 'no answer'}`
      world.story.tell('hubspot', fault === null ? text : `${text} (${faultName(fault)})`)
      if (answer?.status === 429 && fault === null) this.refusals.push(answer.body)
    }
  }

  async open(): Promise<void> {
    for (const { app } of this.#accounts) await app.ready()
  }

  async close(): Promise<void> {
    for (const { app } of this.#accounts) await app.close()
  }

  /** Requests that violate HubSpot's published models. */
  get requestProblems(): readonly Violation[] {
    return this.#accounts.flatMap(({ fake }) => fake.violations)
  }

  latencyMs = (): number => {
    const rate = this.#world.swarm.rate('hubspot_slow')
    return rate === 0 ? 20 : this.#random.spread(1, Math.max(rate * 1_000, 2))
  }

  faultOf = ({ path }: HubSpotCall): HubSpotFault | null => {
    if (this.#outage !== null) return this.#outage
    const { swarm } = this.#world
    if (swarm.happens('hubspot_refused')) return { is: 'refused' }
    if (swarm.happens('hubspot_lost')) return { is: 'lost' }
    if (swarm.happens('hubspot_429')) return { is: 'answered', fault: 'ten-secondly' }
    if (swarm.happens('hubspot_5xx')) return { is: 'answered', fault: this.#random.pick(failures) }
    const isBatchWrite = /^\/crm\/objects\/.*\/batch\/(upsert|update)$/.test(path)
    if (isBatchWrite && swarm.happens('hubspot_partial')) {
      return { is: 'answered', fault: this.#random.pick(partFailures) }
    }
    return null
  }

  /** Whether HubSpot refuses a record as long as faults last. */
  isRefused(id: string): boolean {
    const rate = this.#world.swarm.rate('hubspot_refuses')
    return rate > 0 && this.#world.random.of(`hubspot ${id}`).chance(rate)
  }

  start(): void {
    const { story, swarm, time } = this.#world
    for (const { fake } of this.#accounts) {
      fake.setSearchLag(Math.round(swarm.rate('hubspot_search_late') * 1_000))
      fake.refuse(({ id, properties }) => {
        const isOurs = 'qrsync_code_id' in properties || 'qrsync_scan_id' in properties
        if (!isOurs || id === undefined || !this.isRefused(id)) return false
        swarm.count('hubspot_refuses')
        return true
      })
    }
    const random = this.#world.random.of('hubspot troubles')
    happensAtTimes(this.#world, random, 'hubspot_down', () => {
      if (this.#outage !== null) return false
      this.#outage = random.pick(outages)
      story.tell('hubspot', 'is down')
      const end = () => {
        this.#outage = null
        story.tell('hubspot', 'is up')
      }
      time.after(random.spread(1_000, 6 * hourMs), end, null)
      return true
    })
    happensAtTimes(this.#world, random, 'hubspot_moved', () => {
      this.#move()
      // A wrong token is corrected soon.
      const moveBack = () => {
        if (swarm.isActive) this.#move()
      }
      if (random.chance(0.5)) time.after(random.spread(5_000, 10 * minuteMs), moveBack, null)
      return true
    })
    for (const rule of this.setting.link) this.#makeRecords(rule)
  }

  endTroubles(): void {
    this.#outage = null
    for (const { fake } of this.#accounts) fake.setSearchLag(0)
  }

  #createAccount(portalId: number): HubSpotAccount {
    const account = createFakeHubSpot({ portalId, now: () => this.#world.time.nowMs })
    account.fake.setLimits({ tenSecondly: this.setting.callsPer10Seconds })
    return account
  }

  /** The token belongs to another account from now on: somebody has changed it, and restarted the connector. */
  #move(): void {
    const { machines, story } = this.#world
    const [one, other] = this.#accounts
    this.network.account = this.network.account === one ? other : one
    story.tell('operator', `names a token of HubSpot account ${this.network.account.fake.portalId}`)
    for (const worker of [...machines.workers]) machines.crash(worker)
  }

  /** Creates the records that codes name: some before the scans, and some after them. */
  #makeRecords(rule: HubSpotSetting['link'][number]): void {
    const { object, property, field } = rule
    const { api, swarm, time } = this.#world
    const random = this.#world.random.of(`records of ${object}`)
    const made = new Set<string>()
    const make = (value: string) => {
      if (made.has(value)) return
      made.add(value)
      for (const { fake } of this.#accounts) {
        fake.addRecord(object, { ...(object === 'products' && { name: value }), [property]: value })
      }
    }
    if (field === 'short_url') {
      time.after(
        random.spread(1, dayMs / 8),
        () => {
          make('q.test')
        },
        null,
      )
      return
    }
    for (const code of api.codes) {
      if (random.chance(0.4)) continue
      const isThere = random.chance(0.4)
      const makeLater = () => {
        if (swarm.isActive) make(linkKeyOf(rule, code))
      }
      if (isThere) make(linkKeyOf(rule, code))
      else time.after(random.spread(1_000, dayMs), makeLater, null)
    }
  }
}

function faultName(fault: HubSpotFault): string {
  return fault.is === 'answered' ? fault.fault : fault.is
}
