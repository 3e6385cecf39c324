import type { Destination } from '../../../src/destinations/destination.ts'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { createHubSpotDestination } from '../../../src/destinations/hubspot/hubspot-destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { ledgerPacer } from '../../../src/worker/open-destinations.ts'
import { DuckDbInvariants } from '../invariants/duckdb-invariants.ts'
import { SimulatedDuckDb } from './simulated-duckdb.ts'
import { hourMs } from '../durations.ts'
import { HubSpotInvariants } from '../invariants/hubspot-invariants.ts'
import { SimulatedHubSpot } from './simulated-hubspot.ts'
import type { Actor } from '../machines/virtual-time.ts'
import type { World } from '../world.ts'

/** The connector's own destinations of a seed, besides the model of a warehouse. */
export class RealDestinations {
  readonly hubspot: SimulatedHubSpot | null
  readonly duckdb: SimulatedDuckDb | null
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    const { hubspot, hasDuckDb } = world.setting.destinations
    this.hubspot = hubspot === null ? null : new SimulatedHubSpot(world, hubspot)
    this.duckdb = hasDuckDb ? new SimulatedDuckDb(world) : null
  }

  get count(): number {
    return [this.hubspot, this.duckdb].filter((each) => each !== null).length
  }

  /** All names in the config file, the warehouses' included. */
  names(): string[] {
    const names = [...this.#world.warehouses().keys()]
    if (this.hubspot !== null) names.push('hubspot')
    if (this.duckdb !== null) names.push('duckdb')
    return names
  }

  async open(): Promise<void> {
    await this.hubspot?.open()
    this.duckdb?.open()
  }

  async close(): Promise<void> {
    await this.hubspot?.close()
    this.duckdb?.close()
  }

  /** Opens the connector's own destinations for one process. */
  of(ledger: Ledger, now: () => number): Map<string, Destination> {
    const destinations = new Map<string, Destination>()
    if (this.hubspot !== null) {
      const { config, network } = this.hubspot
      const pacer = ledgerPacer(ledger, now)
      const options = { name: 'hubspot', config, pacer, dispatcher: network }
      destinations.set('hubspot', createHubSpotDestination(options))
    }
    if (this.duckdb !== null) {
      const path = this.duckdb.pathOfProcess()
      destinations.set('duckdb', createDuckDbDestination({ name: 'duckdb', path }))
    }
    return destinations
  }

  start(): void {
    this.hubspot?.start()
    this.duckdb?.start()
  }

  endTroubles(): void {
    this.hubspot?.endTroubles()
    this.duckdb?.endTroubles()
  }

  /** Opens the destinations of the config for one process. */
  openAll(ledger: Ledger, now: () => number): Map<string, Destination> {
    const { setting } = this.#world
    const { gatherMs, rowsPerBatch } = setting
    const all = this.of(ledger, now)
    for (const [name, warehouse] of this.#world.warehouses()) {
      all.set(name, warehouse.open({ gatherMs, rowsPerBatch }))
    }
    return all
  }

  /** Reads their content in the world's time, because HubSpot answers in it. */
  async checkTheEnd(): Promise<void> {
    const { time, violations } = this.#world
    let isChecked = false as boolean
    const check = async () => {
      await this.#check()
      isChecked = true
    }
    time.after(0, check, null)
    await time.runUntil(time.nowMs + hourMs, () => isChecked)
    if (!isChecked) violations.add('liveness', 'a destination does not tell what it holds')
  }

  async #check(): Promise<void> {
    if (this.hubspot !== null) await new HubSpotInvariants(this.#world, this.hubspot).atTheEnd()
    if (this.duckdb !== null) await new DuckDbInvariants(this.#world, this.duckdb).atTheEnd()
  }

  /** Called when a process has crashed. */
  crashed(actor: Actor): void {
    this.duckdb?.crashed(actor)
  }
}
