import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { toTimestamp } from '../timestamps.ts'
import { InternedJson } from './interned-json.ts'
import { ScanPositions } from './scan-positions.ts'

/** What a user agent and its request reveal. */
export interface Client {
  device_type: 'mobile' | 'tablet' | 'desktop' | 'bot' | 'other'
  os: string | null
  browser: string | null
  language: string | null
  referrer: string | null
}

export interface Place {
  country: string | null
  region: string | null
  city: string | null
}

export interface NewScan {
  id: string
  /** The code's internal number. */
  code: number
  scannedAt: number
  client: number
  place: number
  isUnique: boolean
}

type PageRow = [scannedAt: number, id: string, client: number, place: number, isUnique: number]

export class ScanTable {
  readonly #insert: StatementSync
  readonly #page: StatementSync
  readonly #ids: StatementSync
  readonly #clients: InternedJson
  readonly #places: InternedJson
  readonly #positions: ScanPositions

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO scans (code, scanned_at, id, client, place, is_unique) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#page = db.prepare(`
      SELECT scanned_at, id, client, place, is_unique FROM scans WHERE code = ? AND (scanned_at, id) >= (?, ?)
      ORDER BY scanned_at, id LIMIT ? OFFSET ?`)
    this.#page.setReturnArrays(true)
    this.#ids = db.prepare('SELECT id FROM scans')
    this.#clients = new InternedJson(db, 'clients')
    this.#places = new InternedJson(db, 'places')
    this.#positions = new ScanPositions(db)
  }

  clientId(client: Client): number {
    const { device_type, os, browser, language, referrer } = client
    return this.#clients.idOf(toMembers({ device_type, os, browser, language, referrer }))
  }

  placeId(place: Place): number {
    const { country, region, city } = place
    return this.#places.idOf(toMembers({ country, region, city }))
  }

  client(id: number): Client {
    return JSON.parse(`{${this.#clients.textOf(id)}}`) as Client
  }

  place(id: number): Place {
    return JSON.parse(`{${this.#places.textOf(id)}}`) as Place
  }

  insert(scan: NewScan): void {
    this.#insert.run(scan.code, scan.scannedAt, scan.id, scan.client, scan.place, scan.isUnique ? 1 : 0)
    this.#positions.inserted(scan.code, scan.scannedAt, scan.id)
  }

  countBefore(code: number, moment: number): number {
    return this.#positions.countBefore(code, moment)
  }

  /**
   * Prepares a code's log for reads at any depth: for a million scans that takes 0.15 s, which no caller should
   * wait for.
   */
  prepare(code: number): void {
    this.#positions.prepare(code)
  }

  /**
   * Returns the JSON of the scans at positions `start` to `end` (exclusive) of a code's log, counted from its
   * oldest scan.
   */
  slice(code: { number: number; id: string }, start: number, end: number, geolocation: boolean): string[] {
    if (start >= end) return []
    const { at, id, skip } = this.#positions.near(code.number, start)
    const rows = this.#page.all(code.number, at, id, end - start, skip) as unknown as PageRow[]
    return rows.map(([scannedAt, scanId, client, place, isUnique]) => {
      const known = `{"id":"${scanId}","qr_code_id":"${code.id}","scanned_at":"${toTimestamp(scannedAt)}",${this.#clients.textOf(client)},"is_unique":${isUnique === 1}`
      return geolocation ? `${known},${this.#places.textOf(place)}}` : `${known}}`
    })
  }

  /** Everything that was written since the transaction began is undone. */
  rolledBack(): void {
    this.#clients.forget()
    this.#places.forget()
    this.#positions.forget()
  }

  /** Yields the ids of all scans of all codes one by one, because there may be millions. */
  *ids(): Generator<string> {
    for (const row of this.#ids.iterate()) yield String(row['id'])
  }
}

/** Returns the members of an object as JSON without its braces, to be put into a larger one. */
function toMembers(object: object): string {
  return JSON.stringify(object).slice(1, -1)
}
