import { isAway } from '../../../src/destinations/is-away.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { type LandedRow, type StreamName, streamNames } from '../../../src/streams/streams.ts'
import type { CheckReport, Destination, Outcome } from '../../../src/destinations/destination.ts'

export type WarehouseFault =
  /** Nothing can be written to any stream. */
  | { is: 'down' }
  /** One stream's table cannot be written. */
  | { is: 'broken'; stream: StreamName }

export interface WarehouseFaults {
  latencyMs: () => number
  /** The additional time of a write. */
  writeMs: number
  /** Whether an answer is lost after the rows were written. */
  losesAnswer: () => boolean
  /** Whether it omits the outcome of a row: a bug of its code. */
  forgetsRow: () => boolean
  /** Whether it refuses a row as it is. */
  refuses: (row: LandedRow) => boolean
  /** A batch is written, and its outcomes are not reported yet. */
  isWriting: (warehouse: WarehouseModel) => void
  /** Whether it stops in the middle of erasing a code. */
  failsToErase: (codeId: string) => boolean
}

/** As long as faults last. */
export const refusedForAWhile = 'the row is refused'

/** A bug of its code, perhaps for good. */
export const neverErased = 'rows is not iterable'

const createTables = streamNames.map((table) => `create table ${table}`)

/** What a vendor stores, whichever process of ours writes to it. */
export class WarehouseModel {
  /** In the config file. */
  name: string
  readonly formerNames = new Set<string>()
  readonly tables: Readonly<Record<StreamName, Map<string, string>>> = {
    qr_codes: new Map(),
    scans: new Map(),
    analytics_daily: new Map(),
    analytics_breakdown: new Map(),
  }
  /** Written rows, repeated ones included. */
  writes = 0
  /** Another account or file has another identity. */
  identity: string
  /** Rows that it refuses as they are, each with the code that it belongs to. */
  readonly refused = new Map<string, { reason: string; codeId: string }>()
  /** All rows that it has ever refused. */
  readonly everRefused = new Set<string>()
  /** Whether somebody has emptied it, and the connector does not know. */
  isEmptied = false
  /** When another one took its place. */
  replacedMs = 0
  /** A process that writes to it knows which one it is. */
  #isKnown = true
  /** Called when rows are on their way to it. */
  onSent: (rows: readonly LandedRow[]) => void = () => undefined
  /** The current fault, if any. */
  fault: WarehouseFault | null = null
  #isPrepared = false
  #toldOf: string | null = null
  readonly #pause: (ms: number) => Promise<void>
  readonly #faults: WarehouseFaults

  /** @param name of the account or file */
  constructor(name: string, pause: (ms: number) => Promise<void>, faults: WarehouseFaults) {
    this.name = name
    this.identity = `warehouse ${name}`
    this.#pause = pause
    this.#faults = faults
  }

  /** Whether the connector can know what it contains. */
  get isKnown(): boolean {
    return this.#isKnown && !this.isEmptied
  }

  /** Faults ended long ago. */
  becomeKnown(): void {
    this.#isKnown = true
  }

  /** Puts another, empty one in its place. */
  replace(nowMs: number): void {
    this.identity = `warehouse ${nowMs}`
    this.replacedMs = nowMs
    this.#isKnown = false
    this.#isPrepared = false
    this.#clear()
  }

  /** Empties it, without replacing it. */
  empty(): void {
    this.isEmptied = true
    this.#clear()
  }

  /** Gives it another name in the config file, so that everything is delivered to it again. */
  rename(): void {
    this.formerNames.add(this.name)
    this.name = `${this.name}'`
    this.isEmptied = false
  }

  #clear(): void {
    for (const table of Object.values(this.tables)) table.clear()
  }

  /** Opens it for one worker. */
  open({ gatherMs, rowsPerBatch }: { gatherMs: number; rowsPerBatch: number }): Destination<StreamName> {
    const report: CheckReport = { identity: this.identity, needs: [] }
    return {
      streams: streamNames,
      batch: { rows: rowsPerBatch, characters: 4_000_000 },
      gatherMs,
      check: async () => {
        await this.#reach(null)
        return report
      },
      plan: async () => {
        await this.#reach(null)
        return this.#isPrepared ? [] : createTables
      },
      apply: async (stream) => {
        await this.#reach(stream ?? null)
        if (this.#isPrepared) return []
        this.#isPrepared = true
        return createTables
      },
      identity: async () => {
        await this.#reach(null)
        this.#toldOf = this.identity
        return this.identity
      },
      write: (stream, rows) => this.#write(stream, rows),
      counts: {
        countScans: async (codeIds) => {
          await this.#reach('scans')
          return this.countScans(codeIds)
        },
      },
      erasure: {
        remains: [],
        eraseCodes: async (codeIds) => {
          await this.#reach(null)
          if (!this.#isPrepared) throw isAway('tested', 'the warehouse')
          const { identity } = this
          for (const codeId of codeIds) {
            const fails = this.#faults.failsToErase(codeId)
            this.#erase(codeId, fails ? ['scans'] : streamNames)
            if (fails) throw new TypeError(neverErased)
          }
          if (this.#faults.losesAnswer()) throw this.#unavailable('the answer was lost', 'destination')
          await this.#pause(this.#faults.latencyMs())
          return identity
        },
      },
      close: () => Promise.resolve(),
    }
  }

  #erase(codeId: string, streams: readonly StreamName[]): void {
    for (const stream of streams) {
      const table = this.tables[stream]
      for (const [id, json] of table) if (codeIdOf({ id, json }) === codeId) table.delete(id)
    }
  }

  /** The codes of which it has rows. */
  codeIds(): Set<string> {
    const tables = Object.values(this.tables)
    return new Set(tables.flatMap((table) => [...table].map(([id, json]) => codeIdOf({ id, json }))))
  }

  countScans(codeIds: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>()
    for (const json of this.tables.scans.values()) {
      const { qr_code_id: id } = JSON.parse(json) as { qr_code_id: string }
      if (codeIds.includes(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return counts
  }

  async *#write(stream: StreamName, rows: readonly LandedRow[]): AsyncIterable<readonly Outcome[]> {
    this.onSent(rows)
    await this.#reach(stream)
    if (this.#toldOf === this.identity) this.#isKnown = true
    const latest = [...rows]
    if (this.#faults.forgetsRow()) latest.splice(Math.floor(latest.length / 2), 1)
    const outcomes: Outcome[] = []
    for (const row of latest) {
      const reason = this.#faults.refuses(row) ? refusedForAWhile : whyUnreadable(row)
      if (reason !== null) {
        this.refused.set(`${stream} ${row.id}`, { reason, codeId: codeIdOf(row) })
        this.everRefused.add(`${stream} ${row.id}`)
        outcomes.push({ id: row.id, is: 'rejected', reason })
        continue
      }
      this.writes++
      this.refused.delete(`${stream} ${row.id}`)
      this.tables[stream].set(row.id, row.json)
      outcomes.push({ id: row.id, is: 'confirmed' })
    }
    this.#faults.isWriting(this)
    if (this.#faults.losesAnswer()) throw this.#unavailable('the answer was lost', 'stream')
    await this.#pause(this.#faults.latencyMs() + this.#faults.writeMs)
    yield outcomes
  }

  async #reach(stream: StreamName | null): Promise<void> {
    await this.#pause(this.#faults.latencyMs())
    const { fault } = this
    if (fault?.is === 'down') throw this.#unavailable('it does not answer', 'destination')
    if (fault?.is === 'broken' && fault.stream === stream) {
      throw this.#unavailable(`the table ${stream} cannot be written`, 'stream')
    }
  }

  #unavailable(reason: string, scope: 'destination' | 'stream'): ConnectorError {
    return new ConnectorError('DESTINATION_UNAVAILABLE', `The ${this.identity}: ${reason}.`, {
      retry: 'backoff',
      scope,
    })
  }
}

/** The code that a row belongs to; its own id if it is a code, or no JSON. */
export function codeIdOf({ id, json }: Pick<LandedRow, 'id' | 'json'>): string {
  try {
    const { qr_code_id: codeId = id } = JSON.parse(json) as { qr_code_id?: string }
    return codeId
  } catch {
    return id
  }
}

/** A warehouse has types: times must be times. */
function whyUnreadable({ json }: LandedRow): string | null {
  try {
    const fields = Object.entries(JSON.parse(json) as Record<string, unknown>)
    const times = fields.filter(([name, value]) => name.endsWith('_at') && value !== null)
    const odd = times.find(([, value]) => Number.isNaN(Date.parse(String(value))))
    return odd === undefined ? null : `${odd[0]} is no time`
  } catch {
    return 'the row is no JSON'
  }
}
