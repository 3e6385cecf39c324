import { readConnector } from '../../../src/ledger/connector/connector-state.ts'
import { CallInvariants } from './call-invariants.ts'
import { Erasures } from './erasures.ts'
import { HistoryPause } from './history-pause.ts'
import { minuteMs } from '../durations.ts'
import { checkFailures, checkMinute } from './recovery-invariants.ts'
import { checkDeleted, checkDelays, checkRows, checkWatermarks } from './row-invariants.ts'
import { checkAlerts, checkNextRun, checkRejects, checkStatus } from './truth-invariants.ts'
import { CallAfterPass } from './call-after-pass.ts'
import { StoredTimes } from './stored-times.ts'
import { checkValues } from './value-invariants.ts'
import type { World } from '../world.ts'

/** The most open syncs: a planned one and a manual one. */
const mostSyncs = 2

/** What must hold in every run, besides the checks of each call and each workflow. */
export class Invariants {
  readonly calls: CallInvariants
  readonly history: HistoryPause
  readonly times: StoredTimes
  readonly passes: CallAfterPass
  readonly erasures: Erasures
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    this.calls = new CallInvariants(world)
    this.history = new HistoryPause(world)
    this.times = new StoredTimes(world)
    this.passes = new CallAfterPass(world)
    this.erasures = new Erasures(world)
    world.database.onAllConnectors = (sql) => {
      world.violations.add('connectors', sql)
    }
  }

  /** Checks every ten minutes. */
  watch(): void {
    const { time } = this.#world
    const look = async () => {
      const hasLooked = await time.hold(this.nowAndThen())
      time.after(hasLooked ? 10 * minuteMs : 1_000, look, null)
    }
    time.after(10 * minuteMs, look, null)
  }

  /** @returns whether it could check: not in the middle of a transaction */
  async nowAndThen(): Promise<boolean> {
    const { database } = this.#world
    if (database.isInTransaction) return false
    const ledger = database.onlooker()
    await checkWatermarks(this.#world, ledger)
    await checkDelays(this.#world, ledger)
    await checkStatus(this.#world, ledger)
    await checkDeleted(this.#world, ledger)
    await checkMinute(this.#world, ledger)
    await checkFailures(this.#world, ledger)
    await this.history.check(ledger)
    await this.times.check(ledger)
    await this.erasures.check(ledger)
    checkNextRun(this.#world)
    this.#checkBounds()
    return true
  }

  async atTheEnd(): Promise<void> {
    const { time, server, database, violations } = this.#world
    for (const warehouse of this.#world.warehouses().values()) warehouse.becomeKnown()
    await this.nowAndThen()
    const ledger = database.onlooker()
    await checkRows(this.#world, ledger)
    await checkRejects(this.#world, ledger)
    await checkValues(this.#world, ledger)
    await checkAlerts(this.#world, ledger)
    await this.erasures.checkTheEnd(ledger)
    const hasBrokenTable = [...this.#world.warehouses().values()].some(({ fault }) => fault !== null)
    for (const { workflowId, workflowType, startedMs } of server.running()) {
      if (workflowType === 'deliver' && !hasBrokenTable && time.nowMs - startedMs > 30 * minuteMs) {
        violations.add('liveness', `${workflowId} does not end`)
      }
    }
    const { lease_holder: holder } = await readConnector(ledger, this.#world.setting.config.connector)
    const isAtWork = server.running().some(({ workflowType }) => workflowType === 'sync')
    if (holder !== null && !isAtWork) violations.add('liveness', 'the lease is held, and nobody is at work')
    if (database.isHeld) violations.add('liveness', 'somebody holds the ledger for good')
  }

  /** 8. Nothing accumulates. */
  #checkBounds(): void {
    const { server, violations } = this.#world
    const open = server.running()
    const { warehouse } = this.#world
    const delivered = this.#world.warehouses().size + this.#world.destinations.count
    const most = mostSyncs + delivered + warehouse.formerNames.size
    if (open.length > most) {
      violations.add(
        'bounds',
        `${open.length} workflows are open: ${open.map((run) => run.workflowId).join(', ')}`,
      )
    }
  }
}
