import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { hourMs, minuteMs } from '../durations.ts'
import { inMemory, OpenDuckDb, type DuckDbFaults } from './duckdb-process.ts'
import { holdFiles } from './held-files.ts'
import { happensAtTimes } from '../machines/happens-at-times.ts'
import type { Random } from '../machines/random.ts'
import type { Actor } from '../machines/virtual-time.ts'
import type { World } from '../world.ts'

const fileName = 'simulated.duckdb'
const suffixes = ['', '.wal']

/** Statements that need space on the disk. */
const writes = /CREATE|MERGE|INSERT|CHECKPOINT|COMMIT/

/** A process that has crashed waits for this. */
const never = new Promise<never>(() => undefined)

/**
 * A DuckDB file in its own folder, and what happens to it. DuckDB is real; its lock on the file, which applies
 * only between processes, is a model. A process that crashes leaves the file and its log as they are.
 */
export class SimulatedDuckDb implements DuckDbFaults {
  /** Null before it is created. */
  #folder: string | null = null
  readonly #world: World
  readonly #random: Random
  readonly #open = new Set<OpenDuckDb>()
  #processes = 0
  #isLockedElsewhere = false
  #isDiskFull = false
  #undo: Disposable | null = null

  constructor(world: World) {
    this.#world = world
    this.#random = world.random.of('duckdb')
  }

  get folder(): string {
    if (this.#folder === null) throw new Error('the folder of the DuckDB file is not made yet')
    return this.#folder
  }

  open(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'qrsync-simulation-'))
    mkdirSync(join(this.#folder, 'data'))
    this.#world.story.hide(this.#folder)
  }

  /** The path of the file. */
  get path(): string {
    return join(this.folder, 'data', fileName)
  }

  /** Whether a process has it open. */
  get isOpen(): boolean {
    return this.#open.size > 0
  }

  /** A name of the file that only one process uses: within one process, uses of a name wait for each other. */
  pathOfProcess(): string {
    const folder = join(this.folder, String(++this.#processes))
    symlinkSync('data', folder)
    return join(folder, fileName)
  }

  start(): void {
    const { time, swarm, story } = this.#world
    const files = holdFiles(time)
    const before = DuckDBInstance.fromCache.bind(DuckDBInstance)
    const create = DuckDBInstance.create.bind(DuckDBInstance)
    DuckDBInstance.fromCache = (path, settings) => this.#openFor(path, settings)
    DuckDBInstance.create = (path, settings) =>
      path === inMemory ? this.#openInMemory(settings) : create(path, settings)
    this.#undo = {
      [Symbol.dispose]: () => {
        DuckDBInstance.fromCache = before
        DuckDBInstance.create = create
        files[Symbol.dispose]()
      },
    }
    const random = this.#world.random.of('duckdb troubles')
    happensAtTimes(this.#world, random, 'duckdb_locked', () => {
      if (this.isOpen || this.#isLockedElsewhere) return false
      this.#isLockedElsewhere = true
      story.tell('duckdb', 'another process holds the file')
      const end = () => {
        this.#isLockedElsewhere = false
        story.tell('duckdb', 'the other process has closed it')
      }
      time.after(random.spread(minuteMs / 60, 3 * hourMs), end, null)
      return true
    })
    happensAtTimes(this.#world, random, 'duckdb_full', () => {
      if (this.#isDiskFull) return false
      this.#isDiskFull = true
      story.tell('duckdb', 'the disk is full')
      const end = () => {
        this.#isDiskFull = false
        story.tell('duckdb', 'the disk has room')
      }
      time.after(random.spread(minuteMs / 60, 3 * hourMs), end, null)
      return true
    })
    happensAtTimes(this.#world, random, 'duckdb_removed', () => {
      if (this.isOpen || !swarm.isActive) return false
      story.tell('operator', 'removes the DuckDB file')
      for (const suffix of suffixes) rmSync(this.path + suffix, { force: true })
      return true
    })
  }

  endTroubles(): void {
    this.#isLockedElsewhere = false
    this.#isDiskFull = false
  }

  close(): void {
    for (const open of [...this.#open]) open.close()
    this.#undo?.[Symbol.dispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Called when its process has crashed: uncommitted rows are lost, and nothing more is written to the file. */
  crashed(actor: Actor): void {
    for (const open of [...this.#open].filter((each) => each.actor === actor)) {
      const left = suffixes.filter((suffix) => existsSync(this.path + suffix))
      for (const suffix of left) copyFileSync(this.path + suffix, `${this.path}${suffix}.left`)
      // Closing it properly would write to the file.
      open.close()
      for (const suffix of suffixes) {
        if (left.includes(suffix)) copyFileSync(`${this.path}${suffix}.left`, this.path + suffix)
        else rmSync(this.path + suffix, { force: true })
      }
    }
  }

  beforeOpening = async (): Promise<void> => {
    await this.#world.time.pause(this.#latencyMs())
  }

  beforeStatement = async (sql: string): Promise<void> => {
    await this.#crashOrGoOn()
    await this.#world.time.pause(this.#latencyMs())
    if (this.#isDiskFull && writes.test(sql)) {
      throw new Error(`IO Error: Could not write file "${this.path}": No space left on device`)
    }
  }

  afterStatement = (): Promise<void> => this.#crashOrGoOn()

  async #crashOrGoOn(): Promise<void> {
    const actor = this.#world.time.actor()
    if (actor === null) return
    const worker = [...this.#world.machines.workers].find((each) => each.actor === actor)
    // An operator's command crashes nowhere.
    const isToCrash = worker !== undefined && this.#world.swarm.happens('duckdb_crash')
    if (actor.isAlive && !isToCrash) return
    if (worker !== undefined && isToCrash) this.#world.machines.crash(worker)
    await never
  }

  /** Replaces a missing file for a reader. */
  async #openInMemory(settings: Record<string, string> | undefined) {
    await this.beforeOpening()
    return (await OpenDuckDb.open(this.#world.time, this, inMemory, settings)).facade()
  }

  async #openFor(path: string | undefined, settings: Record<string, string> | undefined) {
    await this.beforeOpening()
    const actor = this.#world.time.actor()
    const holder = [...this.#open].find((each) => each.actor !== actor)
    if (this.#isLockedElsewhere || holder !== undefined) {
      throw new Error(
        `IO Error: Could not set lock on file "${path ?? ''}": Conflicting lock is held in ${holder?.actor?.name ?? 'duckdb'} (PID 4711).`,
      )
    }
    const open = await OpenDuckDb.open(this.#world.time, this, this.path, settings)
    this.#open.add(open)
    open.onClosed = () => {
      this.#open.delete(open)
    }
    return open.facade()
  }

  #latencyMs(): number {
    const rate = this.#world.swarm.rate('duckdb_slow')
    return rate === 0 ? 2 : this.#random.spread(1, Math.max(rate, 2))
  }
}
