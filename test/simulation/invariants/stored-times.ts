import { sql } from 'kysely'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { minuteMs } from '../durations.ts'
import type { World } from '../world.ts'

/** Of something that has happened: such a time is never in the future. */
const isPast = /(^|_)(at|since|seen|started)_ms$/
/** Of something that is planned, or that the API names. */
const isPlanned = /^(again|retry|due|next_look|next_call|month_resets|scanned)_at_ms$/
/** Times of clocks that differ by less are not corrected. */
const toleranceMs = minuteMs

/** What processes store while their clocks are wrong is corrected once all clocks are right, and a call is made. */
export class StoredTimes {
  readonly #world: World
  /** The columns with past times, by table: read once, because they never change. */
  #columns: Map<string, string[]> | null = null
  /** When a process last had a wrong clock. */
  #wrongAtMs = -Infinity
  /** When the last call was sent at which all clocks were right. */
  #sentAtMs = -Infinity

  constructor(world: World) {
    this.#world = world
  }

  /** Something has set a clock, or has ended a process with a wrong one. */
  clockChanged(): void {
    this.#wrongAtMs = this.#world.time.nowMs
  }

  sent(): void {
    if (this.#areRight()) this.#sentAtMs = this.#world.time.nowMs
  }

  /** 6. No time that the ledger holds, and so none that `status` shows, is in the future. */
  async check(ledger: Ledger): Promise<void> {
    const { time, violations } = this.#world
    const isCorrected = this.#areRight() && this.#sentAtMs > this.#wrongAtMs && this.#sentAtMs < time.nowMs
    if (this.#wrongAtMs === -Infinity || !isCorrected) return
    const latestMs = time.nowMs + toleranceMs
    this.#columns ??= await pastColumns(ledger)
    for (const [table, columns] of this.#columns) {
      const latest = sql.join(columns.map((column) => sql`max(${sql.ref(column)}) as ${sql.ref(column)}`))
      const { rows } = await sql<
        Record<string, number | null>
      >`select ${latest} from ${sql.table(table)}`.execute(ledger)
      const ahead = Object.entries(rows[0] ?? {}).find(([, latestOf]) => (latestOf ?? 0) > latestMs)
      if (ahead === undefined) continue
      const [column, timeMs] = ahead
      const aheadMinutes = Math.round(((timeMs ?? 0) - time.nowMs) / minuteMs)
      violations.add(
        'truth',
        `${column} of ${table} is ${aheadMinutes} minutes in the future, and all clocks are right`,
      )
    }
  }

  #areRight(): boolean {
    return [...this.#world.machines.workers].every(({ actor }) => actor.clockAheadMs === 0)
  }
}

async function pastColumns(ledger: Ledger): Promise<Map<string, string[]>> {
  const tables = await ledger.introspection.getTables()
  const pairs = tables.map(({ name, columns }): [string, string[]] => [
    name,
    columns.map((column) => column.name).filter((column) => isPast.test(column) && !isPlanned.test(column)),
  ])
  return new Map(pairs.filter(([, columns]) => columns.length > 0))
}
