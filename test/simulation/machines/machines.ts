import { minuteMs } from '../durations.ts'
import { SimulatedWorker, type ConnectorParts } from './simulated-worker.ts'
import type { Actor } from './virtual-time.ts'
import type { World } from '../world.ts'

/** The connector's processes: another one follows each that ends, as with a service manager. */
export class Machines {
  readonly workers = new Set<SimulatedWorker>()
  readonly #world: World
  /** For the processes that start from now on. */
  readonly parts: ConnectorParts
  #restarts = 0

  constructor(world: World, parts: ConnectorParts) {
    this.#world = world
    this.parts = parts
  }

  start(number: number): void {
    const worker = new SimulatedWorker(`worker ${number}`, this.parts)
    this.workers.add(worker)
    this.#world.story.tell(worker.actor.name, 'starts')
    const start = async () => {
      try {
        await worker.start()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#world.story.tell(worker.actor.name, `ends: ${reason}`)
        this.#endWorker(worker, minuteMs)
      }
    }
    this.#world.time.after(0, start, worker.actor)
  }

  crash(worker: SimulatedWorker): void {
    this.#world.story.tell(worker.actor.name, 'crashes')
    this.#endWorker(worker, this.#world.random.of(`restart ${this.#restarts++}`).spread(500, 2 * minuteMs))
  }

  /** Ends a process properly, as a deployment does; another follows at once. */
  replace(worker: SimulatedWorker): void {
    const { actor } = worker
    this.#world.story.tell(actor.name, 'is told to end')
    const end = async () => {
      await worker.stop()
      this.#endWorker(worker, 500)
    }
    this.#world.time.after(0, end, actor)
  }

  /** Sets a process's clock; 0 is right. */
  setClock(actor: Actor, aheadMs: number): void {
    if (actor.clockAheadMs !== aheadMs) this.#world.invariants.times.clockChanged()
    actor.clockAheadMs = aheadMs
  }

  /** Ends a process at once; another replaces it after a while. */
  #endWorker(worker: SimulatedWorker, restartMs: number): void {
    const { actor } = worker
    if (!actor.isAlive) return
    actor.isAlive = false
    this.setClock(actor, 0)
    this.workers.delete(worker)
    this.#world.server.removeWorker(worker)
    const number = Number(actor.name.replace('worker ', ''))
    this.#world.time.after(0, () => this.#world.database.crashed(actor), null)
    this.#world.time.after(
      0,
      () => {
        this.#world.destinations.crashed(actor)
      },
      null,
    )
    this.#world.time.after(
      restartMs,
      () => {
        this.start(number)
      },
      null,
    )
  }
}
