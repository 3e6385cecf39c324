import { openLedgerOn } from '../../src/ledger/base/open-ledger.ts'
import { names } from '../../src/temporal/names.ts'
import type { Place } from '../../src/temporal/place.ts'
import { unavailable } from '../../src/ledger/base/unavailable.ts'
import { ApiModel } from './api/api-model.ts'
import { ApiNetwork, type SeenCall } from './api/api-network.ts'
import { ApiTroubles } from './api/api-troubles.ts'
import { CallsLeft } from './calls-left.ts'
import { Commands } from './operators/commands.ts'
import { dayMs, hourMs, minuteMs } from './durations.ts'
import { compareForecast } from './invariants/forecast-invariant.ts'
import { Invariants } from './invariants/invariants.ts'
import { LedgerDatabase } from './machines/ledger-database.ts'
import { ledgerDialect } from './machines/ledger-engine.ts'
import { Machines } from './machines/machines.ts'
import { Random } from './machines/random.ts'
import { RealDestinations } from './destinations/real-destinations.ts'
import { apiKey } from './config.ts'
import { settingOf, startOf, type GivenSetting, type Setting } from './setting.ts'
import { outcomeOf, type Outcome } from './outcome.ts'
import { placeOf, type ConnectorParts } from './machines/simulated-worker.ts'
import { Story } from './story.ts'
import { Swarm, type FaultKind } from './swarm.ts'
import { temporalEvents } from './temporal/temporal-events.ts'
import { TemporalServer } from './temporal/temporal-server.ts'
import { bringLastLate, startTraffic } from './traffic.ts'
import { startTroubles } from './troubles.ts'
import { checkComplete } from './invariants/truth-invariants.ts'
import { Violations } from './invariants/violations.ts'
import { VirtualTime } from './machines/virtual-time.ts'
import { WarehouseModel } from './destinations/warehouse-model.ts'
import { emptyAtWrite, failsToErase, freezeAtWrite } from './operators/while-writing.ts'
import type { WorkflowCode } from './temporal/workflow-code.ts'

export interface WorldOptions {
  seed: number
  /** With faults; the quiet hours that follow are added. */
  days: number
  code: WorkflowCode
  /** Faults to leave out. */
  without?: ReadonlySet<FaultKind>
  /** What the seed does not draw. */
  given?: GivenSetting
  /** Lines of its story that are kept for a reader. */
  linesKept?: number
}

/** One simulated run: the account, its visitors, the API, Temporal, the warehouse, and the connector. */
export class World {
  readonly time: VirtualTime
  readonly random: Random
  readonly swarm: Swarm
  readonly story: Story
  readonly setting: Setting
  readonly api: ApiModel
  readonly callsLeft: CallsLeft
  readonly apiTroubles: ApiTroubles
  readonly server: TemporalServer
  readonly database: LedgerDatabase
  readonly warehouse: WarehouseModel
  /** A warehouse that an operator adds during the run. */
  readonly secondWarehouse: WarehouseModel
  hasSecondWarehouse = false
  readonly destinations: RealDestinations
  readonly violations: Violations
  readonly invariants: Invariants
  readonly machines: Machines
  readonly startMs: number
  /** An operator's access to Temporal. */
  readonly place: Place
  /** When Temporal, the warehouse or the Schedule was last away, or an operator stopped a workflow. */
  lastAwayMs = 0
  /** When faults have ended. */
  calmSinceMs = Infinity
  /** Whether refused rows are sent once more when faults have ended. */
  readonly hasReplayed: boolean
  /** What ends with the faults. */
  readonly whenCalm: (() => unknown)[] = []
  isDiskFull = false
  /** Failed calls of the API in a row, and when the last of them was answered. */
  failedInARow = 0
  failedAtMs = 0
  /** Whether no new scans are made any more. */
  isOver = false
  readonly seed: number
  readonly #options: WorldOptions

  constructor(options: WorldOptions) {
    const { seed, code, without = new Set(), linesKept = 60 } = options
    this.#options = options
    this.seed = seed
    this.random = new Random(seed)
    this.swarm = new Swarm(this.random.of('swarm'), without)
    this.startMs = startOf(this.random.of('start'), this.swarm)
    this.time = new VirtualTime(this.startMs, this.random.of('machine'))
    this.story = new Story(this.time, linesKept)
    this.violations = new Violations(this.story)
    this.hasReplayed = this.random.of('replay').chance(0.5)
    this.setting = settingOf(this.random.of('setting'), this.swarm, options.given)
    const { config, plan, limits } = this.setting
    this.api = new ApiModel({
      limits: { plan, ...limits },
      without: this.setting.without,
      key: apiKey,
      random: this.random.of('api'),
      now: () => this.time.nowMs,
    })
    this.callsLeft = new CallsLeft(this)
    if (this.swarm.rates.has('month_spent')) this.callsLeft.spendEarlier()
    this.api.dayOffsetHours = this.setting.dayOffsetHours
    this.apiTroubles = new ApiTroubles(this.swarm, this.random.of('api troubles'))
    const network = new ApiNetwork(this.time, this.api, this.apiTroubles)
    this.server = new TemporalServer({
      time: this.time,
      random: this.random.of('temporal'),
      code,
      faults: {
        latencyMs: this.#latency('temporal_slow', 1_000, 5),
        evicts: () => this.swarm.happens('evict'),
        losesCompletion: () => this.swarm.happens('completion_lost'),
        losesAnswer: () => this.swarm.happens('client_answer_lost'),
        longestHistory: this.random.of('history').pick([60, 300, 4_096]),
      },
      events: temporalEvents(this),
    })
    this.database = new LedgerDatabase(this.time, ledgerDialect(this.setting.ledger, this.time), {
      statementMs: this.#latency('ledger_slow', 1, 0),
      failure: (statement) => this.#ledgerFailure(statement),
      losesAnswer: () => this.swarm.happens('ledger_answer_lost'),
      crashes: () => this.#crashesAtStatement(),
    })
    this.warehouse = this.#warehouse('warehouse')
    this.secondWarehouse = this.#warehouse('second')
    this.destinations = new RealDestinations(this)
    const parts: ConnectorParts = {
      config,
      network,
      server: this.server,
      database: this.database,
      openDestinations: (ledger, now) => this.destinations.openAll(ledger, now),
      requireRoom: () => {
        if (this.isDiskFull) throw unavailable('ledger.sqlite', 'its disk is full', 'Make room.')
        return Promise.resolve()
      },
    }
    this.machines = new Machines(this, parts)
    this.place = placeOf(parts)
    this.invariants = new Invariants(this)
    this.database.onSettled = () => {
      void this.time.hold(checkComplete(this, this.database.onlooker()))
    }
    network.onSent = (path) => {
      this.invariants.calls.sent(path)
      this.invariants.passes.sent()
      this.invariants.times.sent()
    }
    network.onAnswered = (call) => {
      this.#callAnswered(call)
    }
  }

  /** Those of the config, by their names in it. */
  warehouses(): ReadonlyMap<string, WarehouseModel> {
    const all = this.hasSecondWarehouse ? [this.warehouse, this.secondWarehouse] : [this.warehouse]
    return new Map(all.map((each) => [each.name, each]))
  }

  #warehouse(name: string): WarehouseModel {
    return new WarehouseModel(name, (ms) => this.time.pause(ms), {
      latencyMs: this.#latency('warehouse_slow', 1_000, this.setting.warehouseMs),
      writeMs: this.setting.writeMs,
      losesAnswer: () => this.swarm.happens('warehouse_lost'),
      forgetsRow: () => this.swarm.happens('warehouse_forgets'),
      refuses: ({ id }) => this.#isRefused(id),
      isWriting: (warehouse) => {
        emptyAtWrite(this, warehouse)
        freezeAtWrite(this, warehouse)
      },
      failsToErase: (codeId) => failsToErase(this, codeId),
    })
  }

  #callAnswered(call: SeenCall): void {
    const { path, answer } = call
    this.story.tell(this.time.actor()?.name ?? 'world', `GET ${path} → ${answer?.status ?? 'no answer'}`)
    this.failedInARow = answer?.status === 200 ? 0 : this.failedInARow + 1
    this.failedAtMs = this.time.nowMs
    this.invariants.calls.answered(call)
  }

  #ledgerFailure(statement: string): string | null {
    if (this.isDiskFull && !statement.startsWith('select')) return 'the disk is full'
    return this.swarm.happens('ledger_fails') ? 'the disk is full' : null
  }

  async run(): Promise<Outcome> {
    await Promise.all([this.database.open(), this.destinations.open()])
    const installed = this.time.install()
    try {
      await openLedgerOn(this.database.dialect())
      await this.#live()
    } catch (error) {
      this.violations.add('defect', error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      installed[Symbol.dispose]()
      await this.database.close()
      await this.destinations.close()
    }
    return outcomeOf(this)
  }

  async #live(): Promise<void> {
    const hasEnough = () => this.violations.list.length > 0
    this.swarm.isActive = true
    this.story.tell('world', `faults: ${this.swarm.describe()}`)
    if (this.setting.startsWithoutHistory) await new Commands(this).pauseBackfillFirst()
    startTraffic(this)
    startTroubles(this)
    this.destinations.start()
    this.invariants.watch()
    compareForecast(this)
    for (let number = 1; number <= this.setting.workers; number++) this.machines.start(number)
    await this.time.runUntil(this.startMs + this.#options.days * dayMs, hasEnough)
    this.#endTroubles()
    await this.time.runUntil(this.time.nowMs + this.setting.quietMs, hasEnough)
    this.isOver = true
    bringLastLate(this)
    if (this.swarm.rates.has('api_long_wait')) this.apiTroubles.askForLongWait()
    // Nothing else is delivered by then that would send the refused rows too.
    if (this.hasReplayed) this.time.after(100 * minuteMs, () => new Commands(this).replayRejects(), null)
    // The list is read again if that was not done for ten minutes.
    await this.time.runUntil(this.time.nowMs + 11 * minuteMs, hasEnough)
    await this.#syncNow(hasEnough)
    await this.time.runUntil(this.time.nowMs + 2 * hourMs, hasEnough)
    if (hasEnough()) return
    if (this.database.isInTransaction) this.violations.add('liveness', 'somebody holds the ledger for good')
    else await this.invariants.atTheEnd()
    await this.destinations.checkTheEnd()
  }

  #latency(kind: FaultKind, unitMs: number, usualMs: number): () => number {
    const own = this.random.of(kind)
    return () => {
      const rate = this.swarm.rate(kind)
      return rate === 0 ? usualMs : own.spread(1, Math.max(rate * unitMs, 2))
    }
  }

  #crashesAtStatement(): boolean {
    const actor = this.time.actor()
    const worker = [...this.machines.workers].find((each) => each.actor === actor)
    if (worker === undefined || !this.swarm.happens('crash_at_statement')) return false
    this.machines.crash(worker)
    return true
  }

  #isRefused(id: string): boolean {
    const rate = this.swarm.rate('warehouse_refuses')
    if (rate === 0 || !this.random.of(id).chance(rate)) return false
    this.swarm.count('warehouse_refuses')
    return true
  }

  #endTroubles(): void {
    this.story.tell('world', 'faults end')
    this.swarm.isActive = false
    this.calmSinceMs = this.time.nowMs
    this.isDiskFull = false
    this.apiTroubles.end()
    this.destinations.endTroubles()
    // What is broken permanently stays broken: everything else must arrive anyway.
    for (const warehouse of [this.warehouse, this.secondWarehouse]) {
      if (warehouse.fault?.is === 'down') warehouse.fault = null
    }
    this.server.setAway(false)
    for (const end of this.whenCalm) this.time.after(0, end, null)
    this.server.schedules.setPaused(names.schedule(this.setting.config.connector), false)
    for (const { actor } of this.machines.workers) {
      this.machines.setClock(actor, 0)
      actor.frozenUntilMs = 0
    }
  }

  async #syncNow(hasEnough: () => boolean): Promise<void> {
    const { connector } = this.setting.config
    const isOpen = () => this.server.current(names.syncNowWorkflow(connector))?.isOpen === true
    // A sync that has waited for long has read the list long ago.
    await this.time.runUntil(this.time.nowMs + (isOpen() ? dayMs : 0), () => hasEnough() || !isOpen())
    this.story.tell('operator', 'sync --now')
    const commands = new Commands(this)
    // Its first call is refused, and the operator tries again a minute later.
    if (this.swarm.rates.has('api_long_wait')) this.apiTroubles.askForLongWait()
    this.time.after(0, () => commands.syncNow(), null)
    await this.time.runUntil(this.time.nowMs + minuteMs, hasEnough)
    if (isOpen()) this.time.after(0, () => commands.syncNow(), null)
    await this.time.runUntil(this.time.nowMs + dayMs, () => hasEnough() || !isOpen())
    const isExcused = this.callsLeft.areSpent || this.apiTroubles.looksOut
    if (isOpen() && !isExcused && !hasEnough()) this.violations.add('liveness', 'sync --now does not end')
  }
}
