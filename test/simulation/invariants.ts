import { sql } from 'kysely'
import { readCompleteness } from '../../src/ledger/read-completeness.ts'
import { readConnector } from '../../src/ledger/connector-state.ts'
import { streamNames, type StreamName } from '../../src/model/stream.ts'
import { names } from '../../src/temporal/names.ts'
import type { ApiAnswer } from './api-model.ts'
import { hourMs, minuteMs } from './durations.ts'
import type { WorkflowRun } from './workflow-run.ts'
import type { World } from './world.ts'
import { apiKey } from './setting.ts'

export interface Violation {
  invariant: string
  detail: string
}

const longestPayloads = 8_192
const deliveredWithinMs = 3 * hourMs
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}/g

/** What must hold in every run. Each is checked as soon as it can be told. */
export class Invariants {
  readonly violations: Violation[] = []
  readonly #world: World
  #gateUntilMs = 0

  constructor(world: World) {
    this.#world = world
  }

  violated(invariant: string, detail: string): void {
    this.#world.story.tell('violation', `${invariant}: ${detail}`)
    this.violations.push({ invariant, detail })
  }

  /** 1. No call before a Retry-After has passed. */
  callSent(path: string): void {
    const { time, server, setting, swarm } = this.#world
    const isByHand = server.current(names.syncNowWorkflow(setting.config.connector))?.isOpen === true
    const hasWrongClock = swarm.rates.has('clock_jump') || swarm.rates.has('freeze')
    if (time.nowMs < this.#gateUntilMs && !isByHand && !hasWrongClock)
      this.violated(
        'windows',
        `GET ${path} was sent ${this.#gateUntilMs - time.nowMs} ms before the Retry-After had passed`,
      )
  }

  /** 1. No call outside a window, unless another client has filled it. */
  callAnswered({ status, headers, body }: ApiAnswer): void {
    if (status !== 429) return
    const { time, api, swarm } = this.#world
    const seconds = Number(headers['retry-after'])
    // Calls that are under way at this moment cannot know.
    time.after(
      2_000,
      () => {
        this.#gateUntilMs = Math.max(this.#gateUntilMs, time.nowMs + seconds * 1000 - 2_000)
      },
      null,
    )
    const isExplained = body.includes('MONTH') ? swarm.rates.has('others') : api.windows.hasOthers
    if (!isExplained && !swarm.rates.has('clock_jump'))
      this.violated('windows', `a call was refused: ${body}`)
  }

  /** 7. Histories hold no rows and no secrets, and stay small. */
  workflowClosed(run: WorkflowRun): void {
    if (run.end === 'failed') this.violated('workflows', `${run.workflowId} failed: ${run.failure ?? ''}`)
    const longest = Math.max(0, ...run.texts.map(({ length }) => length))
    if (longest > longestPayloads)
      this.violated('histories', `${run.workflowId} holds ${longest} bytes in one piece`)
    for (const text of run.texts) {
      if (text.includes(apiKey)) this.violated('histories', `${run.workflowId} holds the key`)
      for (const [id] of text.matchAll(uuid))
        if (this.#world.api.scanIds.has(id)) this.violated('histories', `${run.workflowId} holds scan ${id}`)
    }
  }

  /** 3. No watermark is past a row that is neither confirmed nor rejected. */
  async watermarks(): Promise<void> {
    const { database, warehouse } = this.#world
    const rows = await database.peek<{ stream: StreamName; id: string }>(
      sql<{ stream: StreamName; id: string }>`
        select 'scans' as stream, scans.id as id from scans
        join deliveries on deliveries.connector = scans.connector and deliveries.stream = 'scans'
        where scans.seq <= deliveries.watermark_seq and deliveries.destination = 'warehouse'
          and not exists (select 1 from rejects where rejects.row_id = scans.id and rejects.stream = 'scans')
      `.compile(this.#world.lookAtLedger()),
    )
    const missing = rows?.find(({ stream, id }) => !warehouse.tables[stream].has(id))
    if (missing !== undefined)
      this.violated(
        'watermarks',
        `${missing.stream} ${missing.id} is behind the watermark, and not delivered`,
      )
  }

  /** 5. Whatever else is broken, what is landed is delivered within a bound, unless what it needs for that was away. */
  async lateDeliveries(): Promise<void> {
    const { database, warehouse, time, swarm, server, lastAwayMs } = this.#world
    if (warehouse.fault !== null || server.isAway) return
    if (time.nowMs - lastAwayMs < deliveredWithinMs || swarm.rates.has('clock_jump')) return
    const rows = await database.peek<{ id: string }>(
      sql<{ id: string }>`
        select id from scans where landed_at_ms < ${time.nowMs - deliveredWithinMs}
          and not exists (select 1 from rejects where rejects.row_id = scans.id and rejects.stream = 'scans')
      `.compile(this.#world.lookAtLedger()),
    )
    const late = rows?.filter(({ id }) => !warehouse.tables.scans.has(id)) ?? []
    if (late.length > 0)
      this.violated('liveness', `${late.length} scans were landed three hours ago, and are not delivered`)
  }

  /** 2, 5, 6. Once faults have ended and time has passed, all is there, and what is not is told of. */
  async atTheEnd(): Promise<void> {
    const { api, apiTroubles, setting, time, server, database, warehouse } = this.#world
    const ledger = this.#world.lookAtLedger()
    const { connector } = setting.config
    await this.watermarks()
    const state = await readConnector(ledger, connector)
    const completeness = await readCompleteness(ledger, state, time.nowMs)
    const isSpent = api.windows.callsThisMonth >= setting.limits.perMonth * 0.9
    const landed = new Set((await ledger.selectFrom('scans').select('id').execute()).map(({ id }) => id))
    for (const code of api.codes) {
      if (code.deletedMs !== null || apiTroubles.isBroken(code.id)) continue
      const missing = code.scans.filter(({ id }) => !landed.has(id))
      if (missing.length === 0) continue
      const told = completeness.find(({ id }) => id === code.id)
      const toldMissing =
        told === undefined
          ? 0
          : told.pending + told.gap + told.notHandedOut + told.setAside + told.unexplained
      const first = missing[0]
      const when = first === undefined ? '' : new Date(first.timeMs).toISOString()
      if (!isSpent && setting.without.size === 0)
        this.violated(
          'rows',
          `${missing.length} of ${code.scans.length} scans of code ${code.id} are not landed, the first of ${when}; verify tells of ${toldMissing}`,
        )
      else if (toldMissing === 0 && !setting.without.has('scan_count'))
        this.violated(
          'truth',
          `${missing.length} scans of code ${code.id} are missing, and verify tells of none`,
        )
    }
    for (const id of landed) if (!api.scanIds.has(id)) this.violated('rows', `scan ${id} was never scanned`)
    const broken = warehouse.fault?.is === 'broken' ? warehouse.fault.stream : null
    for (const stream of streamNames) if (stream !== broken) await this.#isDelivered(stream)
    const open = server.running().filter(({ workflowType }) => workflowType === 'deliver')
    for (const { workflowId, startedMs } of open)
      if (broken === null && time.nowMs - startedMs > 30 * minuteMs)
        this.violated('liveness', `${workflowId} does not end`)
    if (database.isHeld) this.violated('liveness', 'somebody holds the ledger for good')
  }

  async #isDelivered(stream: StreamName): Promise<void> {
    const ledger = this.#world.lookAtLedger()
    const table = this.#world.warehouse.tables[stream]
    const idColumn = stream === 'analytics_daily' || stream === 'analytics_breakdown' ? null : 'id'
    if (idColumn === null) return
    const rejected = new Set(
      (await ledger.selectFrom('rejects').select('row_id').where('stream', '=', stream).execute()).map(
        ({ row_id }) => row_id,
      ),
    )
    const rows = await ledger
      .selectFrom(stream as 'scans')
      .select('id')
      .execute()
    const missing = rows.filter(({ id }) => !table.has(id) && !rejected.has(id))
    if (missing.length > 0)
      this.violated('rows', `${missing.length} rows of ${stream} are landed and not delivered`)
    const known = new Set(rows.map(({ id }) => id))
    const foreign = [...table.keys()].filter((id) => !known.has(id))
    if (foreign.length > 0)
      this.violated('rows', `${foreign.length} rows of ${stream} are delivered and not landed`)
  }
}
