import { ConnectorError } from '../../src/model/connector-error.ts'
import type { LandedRow, StreamName } from '../../src/model/stream.ts'
import { streamNames } from '../../src/model/stream.ts'
import type { CheckReport, Destination, Outcome } from '../../src/destinations/destination.ts'
import { latestOfEachId } from '../../src/destinations/latest-of-each-id.ts'
import type { VirtualTime } from './virtual-time.ts'

export type WarehouseFault =
  /** Nothing can be written, to whatever stream. */
  | { is: 'down' }
  /** One stream's table cannot be written. */
  | { is: 'broken'; stream: StreamName }

export interface WarehouseFaults {
  latencyMs: () => number
  /** Whether an answer is lost after the rows were written. */
  losesAnswer: () => boolean
  /** Rows that it does not accept as they are. */
  refuses: (row: LandedRow) => boolean
}

/** What a vendor holds, whatever process of ours writes to it. */
export class WarehouseModel {
  readonly tables: Readonly<Record<StreamName, Map<string, string>>> = {
    qr_codes: new Map(),
    scans: new Map(),
    analytics_daily: new Map(),
    analytics_breakdown: new Map(),
  }
  /** Rows that were inserted although they were there: a warehouse without keys would hold them twice. */
  writes = 0
  /** Another account or file has another. */
  identity = 'warehouse 1'
  /** As long as it lasts. */
  fault: WarehouseFault | null = null
  readonly #time: VirtualTime
  readonly #faults: WarehouseFaults

  constructor(time: VirtualTime, faults: WarehouseFaults) {
    this.#time = time
    this.#faults = faults
  }

  /** As one worker has it open. */
  open({ gatherMs, rowsPerBatch }: { gatherMs: number; rowsPerBatch: number }): Destination<StreamName> {
    const report: CheckReport = { identity: this.identity, needs: [] }
    return {
      streams: streamNames,
      rowsPerBatch,
      gatherMs,
      check: async () => {
        await this.#reach(null)
        return report
      },
      prepare: async ({ stream } = {}) => {
        await this.#reach(stream ?? null)
        return []
      },
      identity: async () => {
        await this.#reach(null)
        return this.identity
      },
      write: (stream, rows) => this.#write(stream, rows),
      countScans: async (codeIds) => {
        await this.#reach('scans')
        return this.countScans(codeIds)
      },
      close: () => Promise.resolve(),
    }
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
    await this.#reach(stream)
    const latest = latestOfEachId(rows)
    const outcomes: Outcome[] = []
    for (const row of latest) {
      if (this.#faults.refuses(row)) {
        outcomes.push({ id: row.id, is: 'rejected', reason: 'the row is refused' })
        continue
      }
      this.writes++
      this.tables[stream].set(row.id, row.json)
      outcomes.push({ id: row.id, is: 'confirmed' })
    }
    if (this.#faults.losesAnswer()) throw unavailable('the answer was lost', 'stream')
    await this.#time.pause(this.#faults.latencyMs())
    yield outcomes
  }

  async #reach(stream: StreamName | null): Promise<void> {
    await this.#time.pause(this.#faults.latencyMs())
    const { fault } = this
    if (fault?.is === 'down') throw unavailable('it does not answer', 'destination')
    if (fault?.is === 'broken' && fault.stream === stream)
      throw unavailable(`the table ${stream} cannot be written`, 'stream')
  }
}

function unavailable(reason: string, scope: 'destination' | 'stream'): ConnectorError {
  return new ConnectorError('DESTINATION_UNAVAILABLE', `Warehouse: ${reason}.`, { retry: 'backoff', scope })
}
