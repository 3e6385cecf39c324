import { letOneThrough } from '../../../src/ledger/calls/gate.ts'
import { ensureConnector, pauseHistory } from '../../../src/ledger/connector/connector-state.ts'
import { countRejects, readRejects, requestReplay } from '../../../src/ledger/deliveries/rejects.ts'
import { resetDelivery } from '../../../src/ledger/deliveries/reset-delivery.ts'
import { probeSoon } from '../../../src/ledger/failures/outages.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { names } from '../../../src/temporal/names.ts'
import { signalDelivery } from '../../../src/temporal/signal-delivery.ts'
import { startSync } from '../../../src/temporal/start-sync.ts'
import { replayKeptRows } from '../../../src/worker/replay-kept-rows.ts'
import type { WarehouseModel } from '../destinations/warehouse-model.ts'
import { minuteMs } from '../durations.ts'
import type { World } from '../world.ts'
import { operator } from '../../support/ledger/operator.ts'

/**
 * An operator's commands, as far as they change something: the part of `src/cli/commands` between options and
 * output.
 */
export class Commands {
  readonly #world: World
  readonly #ledger: Ledger

  constructor(world: World) {
    this.#world = world
    this.#ledger = world.database.connect()
  }

  async syncNow(): Promise<void> {
    const { invariants, place, setting, time } = this.#world
    const { connector } = setting.config
    const givenMs = time.nowMs
    const isClosed = await letOneThrough(this.#ledger, connector)
    if (isClosed) invariants.calls.passGiven()
    await startSync(place, connector)
    if (isClosed) invariants.passes.givenToManual(givenMs)
  }

  async resume(): Promise<void> {
    const { invariants, server, setting, time } = this.#world
    const { connector } = setting.config
    const givenMs = time.nowMs
    server.schedules.setPaused(names.schedule(connector), false)
    const isClosed = await letOneThrough(this.#ledger, connector)
    if (isClosed) invariants.calls.passGiven()
    await probeSoon(this.#ledger, connector, Date.now())
    if (isClosed) invariants.passes.resumed(givenMs)
  }

  async pauseBackfill(isPaused: boolean): Promise<void> {
    const { invariants, setting, time } = this.#world
    await pauseHistory(this.#ledger, setting.config.connector, isPaused ? Date.now() : null, operator)
    invariants.history.paused(isPaused ? time.nowMs : null)
  }

  /** The same before any process has started, which creates the connector (`first-look.ts`). */
  async pauseBackfillFirst(): Promise<void> {
    const { database, invariants, setting, story, time } = this.#world
    const { connector } = setting.config
    // Nothing has failed so far, and no time has passed.
    const ledger = database.onlooker()
    await ensureConnector(ledger, connector)
    await pauseHistory(ledger, connector, time.nowMs, operator)
    invariants.history.pausedFromStart()
    story.tell('operator', 'backfill pause')
  }

  /** Checks that each listed row is one that its destination has refused. */
  async listRejects(): Promise<void> {
    const { connector } = this.#world.setting.config
    const all = await countRejects(this.#ledger, { connector })
    const rejects = await readRejects(this.#ledger, { connector }, all)
    for (const { destination, stream, id } of rejects) {
      const warehouse = this.#world.warehouses().get(destination)
      if (warehouse?.everRefused.has(`${stream} ${id}`) === false) {
        this.#world.violations.add(
          'truth',
          `rejects list tells of ${stream} ${id}, which ${destination} took`,
        )
      }
    }
  }

  async replayRejects(): Promise<void> {
    const { machines, place, setting } = this.#world
    const { connector } = setting.config
    await replayKeptRows(machines.parts.config, this.#ledger)
    const asked = await requestReplay(this.#ledger, { connector }, operator)
    for (const name of asked.keys()) await signalDelivery(place, connector, name, true)
  }

  async deliverAnew(destination: string, { resend }: { resend: boolean }): Promise<void> {
    const { place, setting } = this.#world
    const { connector } = setting.config
    await resetDelivery(this.#ledger, { connector, destination, resend }, operator)
    await signalDelivery(place, connector, destination, true)
  }

  /**
   * Fills a warehouse that somebody has emptied: until this has succeeded, the connector cannot know that it
   * was emptied.
   */
  async refill(warehouse: WarehouseModel): Promise<void> {
    const { connector } = this.#world.setting.config
    const { name } = warehouse
    try {
      await resetDelivery(this.#ledger, { connector, destination: name, resend: true }, operator)
    } catch {
      this.#world.time.after(minuteMs, () => this.refill(warehouse), null)
      return
    }
    // A delivery that ends before this signal cannot know that the warehouse was emptied.
    await signalDelivery(this.#world.place, connector, name, true).catch(() => undefined)
    warehouse.isEmptied = false
    this.#world.lastAwayMs = this.#world.time.nowMs
  }
}
