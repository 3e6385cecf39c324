import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Client, Place, ScanTable } from './scans.ts'

/** Sums the scans of a code from a time (inclusive) to another (exclusive). */
export class ScanSums {
  readonly #scans: ScanTable
  readonly #between: StatementSync
  readonly #byClient: StatementSync
  readonly #byPlace: StatementSync

  constructor(db: DatabaseSync, scans: ScanTable) {
    const range = 'FROM scans WHERE code = ? AND scanned_at >= ? AND scanned_at < ?'
    this.#scans = scans
    this.#between = db.prepare(
      `SELECT count(*) AS scans, coalesce(sum(is_unique), 0) AS unique_scans ${range}`,
    )
    this.#byClient = db.prepare(`SELECT client AS id, count(*) AS scans ${range} GROUP BY client`)
    this.#byPlace = db.prepare(`SELECT place AS id, count(*) AS scans ${range} GROUP BY place`)
  }

  between(code: number, from: number, to: number): { scans: number; unique_scans: number } {
    return this.#between.get(code, from, to) as unknown as { scans: number; unique_scans: number }
  }

  byClient(code: number, from: number, to: number): { client: Client; scans: number }[] {
    return group(this.#byClient, code, from, to).map(({ id, scans }) => ({
      client: this.#scans.client(id),
      scans,
    }))
  }

  byPlace(code: number, from: number, to: number): { place: Place; scans: number }[] {
    return group(this.#byPlace, code, from, to).map(({ id, scans }) => ({
      place: this.#scans.place(id),
      scans,
    }))
  }
}

function group(statement: StatementSync, code: number, from: number, to: number) {
  return statement.all(code, from, to) as unknown as { id: number; scans: number }[]
}
