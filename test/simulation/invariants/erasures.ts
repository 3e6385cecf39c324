import { sql } from 'kysely'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readTarget } from '../../../src/ledger/deliveries/targets.ts'
import { neverErased } from '../destinations/warehouse-model.ts'
import { hourMs, minuteMs } from '../durations.ts'
import { wrongClocks } from '../swarm.ts'
import type { World } from '../world.ts'

/** Tables of the ledger with rows that belong to a code. `calls` keep the id: they were paid for. */
const tablesOfCode = [
  'analytics_breakdown',
  'analytics_daily',
  'code_histories',
  'code_rollups',
  'failures',
  'gap_days',
  'linked_pairs',
  'outages',
  'read_days',
  'scans',
  'set_aside',
] as const

/** A slice that was running when the code was erased may make its last calls, slowly. */
const calledUntilMs = 2 * minuteMs
/** Once faults have ended, a delivery follows the manual sync, which does what is due by then. */
const afterSyncMs = 2 * hourMs + 10 * minuteMs
/** What keeps a destination from erasing for good: its rows may be in another place, or come back; or it has a bug. */
const isForGood = new RegExp(`another place now|Put it back|${neverErased}`)

interface OpenErasure {
  erasedMs: number | null
  dueMs: number
  problem: string | null
}

/** Codes that an operator has erased. Each stays erased, everywhere. */
export class Erasures {
  readonly #world: World
  readonly #asked = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** An operator is about to erase it. */
  asked(codeId: string): void {
    this.#asked.add(codeId)
  }

  isAsked(codeId: string): boolean {
    return this.#asked.has(codeId)
  }

  /** Returns the codes that are erased in the ledger, each with the time. */
  async readErased(ledger: Ledger): Promise<Map<string, number>> {
    if (this.#asked.size === 0) return new Map()
    const rows = await ledger.selectFrom('erased_codes').select(['qr_code_id', 'erased_at_ms']).execute()
    return new Map(rows.map((row) => [row.qr_code_id, row.erased_at_ms]))
  }

  /** Returns what a destination has to erase still, and what it has erased once. */
  async readOpen(ledger: Ledger, destination: string): Promise<Map<string, OpenErasure>> {
    const rows = await ledger
      .selectFrom('erasures')
      .select(['qr_code_id', 'erased_at_ms', 'due_at_ms', 'problem'])
      .where('destination', '=', destination)
      .execute()
    return new Map(
      rows.map((row) => [
        row.qr_code_id,
        { erasedMs: row.erased_at_ms, dueMs: row.due_at_ms, problem: row.problem },
      ]),
    )
  }

  /** 2. No row of an erased code comes back: not to the ledger, and not to a destination that has erased it. */
  async check(ledger: Ledger): Promise<void> {
    const erased = await this.readErased(ledger)
    if (erased.size === 0) return
    await this.#checkLedger(ledger, [...erased.keys()])
    const { connector } = this.#world.setting.config
    for (const [name, warehouse] of this.#world.warehouses()) {
      // It has a new name, and nobody knows yet that it is the same place.
      if ((await readTarget(ledger, { connector, destination: name })) === null) continue
      const open = await this.readOpen(ledger, name)
      const left = [...warehouse.codeIds()].find((id) => erased.has(id) && !open.has(id))
      if (left !== undefined) this.#violated('rows', `code ${left} is erased, and rows of it are in ${name}`)
    }
  }

  /** 4. No call is made for an erased code. */
  sent(path: string): void {
    const { database, swarm, time } = this.#world
    const [, id = ''] = /\/qr-codes\/([^/]+)\//.exec(path) ?? []
    const mayBeLate = swarm.hasAny([...wrongClocks, 'freeze', 'freeze_at_write'])
    if (!this.#asked.has(id) || database.isInTransaction || mayBeLate) return
    const check = async () => {
      const erasedMs = (await this.readErased(database.onlooker())).get(id) ?? Infinity
      if (time.nowMs > erasedMs + calledUntilMs) {
        this.#violated('calls', `GET ${path} was sent for a code that is erased`)
      }
    }
    void time.hold(check())
  }

  /** 5. Once faults have ended, every destination has erased what it can, and did so again if it was due. */
  async checkTheEnd(ledger: Ledger): Promise<void> {
    const { destinations, time } = this.#world
    for (const name of destinations.names()) {
      for (const [id, { erasedMs, dueMs, problem }] of await this.readOpen(ledger, name)) {
        const isLate = dueMs < time.nowMs - afterSyncMs
        const isExcused = problem !== null && isForGood.test(problem)
        if (!isLate || isExcused) continue
        const what = erasedMs === null ? 'erased' : 'erased again'
        this.#violated('liveness', `code ${id} is not ${what} in ${name}: ${problem ?? 'it was not tried'}`)
      }
    }
  }

  #violated(invariant: string, detail: string): void {
    this.#world.violations.add(invariant, detail)
  }

  async #checkLedger(ledger: Ledger, erased: readonly string[]): Promise<void> {
    for (const table of tablesOfCode) {
      await this.#mustHaveNone(ledger, table, sql<boolean>`qr_code_id in (${sql.join(erased)})`)
    }
    await this.#mustHaveNone(ledger, 'qr_codes', sql<boolean>`id in (${sql.join(erased)})`)
    const gone = new Set(erased)
    const ids = this.#world.api.codes
      .filter(({ id }) => gone.has(id))
      .flatMap(({ id, scans }) => [id, ...scans.map((scan) => scan.id)])
    for (const table of ['confirmations', 'rejects'] as const) {
      await this.#mustHaveNone(ledger, table, sql<boolean>`row_id in (${sql.join(ids)})`)
    }
  }

  async #mustHaveNone(
    ledger: Ledger,
    table: (typeof tablesOfCode)[number] | 'qr_codes' | 'confirmations' | 'rejects',
    isOfCode: ReturnType<typeof sql<boolean>>,
  ): Promise<void> {
    const { rows } = await ledger
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where(isOfCode)
      .executeTakeFirstOrThrow()
    if (rows > 0) this.#violated('rows', `${rows} rows of ${table} are of an erased code`)
  }
}
