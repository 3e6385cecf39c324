import type { Destination } from '../../src/destinations/destination.ts'
import type { Ledger } from '../../src/ledger/schema.ts'
import { createDestinations } from '../../src/worker/create-destinations.ts'
import { HubSpotInvariants } from './hubspot-invariants.ts'
import { SimulatedHubSpot } from './simulated-hubspot.ts'
import type { World } from './world.ts'

/** The connector's own destinations that a seed has besides the model of a warehouse. */
export class RealDestinations {
  readonly hubspot: SimulatedHubSpot | null
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    const { hubspot } = world.setting.destinations
    this.hubspot = hubspot === null ? null : new SimulatedHubSpot(world, hubspot)
  }

  async open(): Promise<void> {
    await this.hubspot?.open()
  }

  async close(): Promise<void> {
    await this.hubspot?.close()
  }

  /** As one process has them open. */
  of(ledger: Ledger): Map<string, Destination> {
    if (this.hubspot === null) return new Map()
    return createDestinations(
      { destinations: { hubspot: this.hubspot.config } },
      ledger,
      this.hubspot.network,
    )
  }

  start(): void {
    this.hubspot?.start()
  }

  endTroubles(): void {
    this.hubspot?.endTroubles()
  }

  async checkTheEnd(): Promise<void> {
    if (this.hubspot !== null) await new HubSpotInvariants(this.#world, this.hubspot).atTheEnd()
  }
}
