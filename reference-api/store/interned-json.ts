import type { DatabaseSync, StatementSync } from 'node:sqlite'

// Referrers come from outside, so the cache must be limited.
const cacheSize = 20_000

/** Gives each JSON text a small number, always the same one. */
export class InternedJson {
  readonly #insert: StatementSync
  readonly #find: StatementSync
  readonly #read: StatementSync
  readonly #texts = new Map<number, string>()
  readonly #ids = new Map<string, number>()

  constructor(db: DatabaseSync, table: 'clients' | 'places') {
    this.#insert = db.prepare(`INSERT INTO ${table} (json) VALUES (?)`)
    this.#find = db.prepare(`SELECT id FROM ${table} WHERE json = ?`)
    this.#read = db.prepare(`SELECT json FROM ${table} WHERE id = ?`)
  }

  idOf(json: string): number {
    return this.#ids.get(json) ?? this.#remember(this.#stored(json) ?? this.#store(json), json)
  }

  textOf(id: number): string {
    const known = this.#texts.get(id)
    if (known !== undefined) return known
    const json = String(this.#read.get(id)?.['json'])
    this.#remember(id, json)
    return json
  }

  /** Clears the cache in memory, because the database may have been rolled back. */
  forget(): void {
    this.#texts.clear()
    this.#ids.clear()
  }

  #stored(json: string): number | null {
    const id = this.#find.get(json)?.['id']
    return typeof id === 'number' ? id : null
  }

  #store(json: string): number {
    return Number(this.#insert.run(json).lastInsertRowid)
  }

  #remember(id: number, json: string): number {
    if (this.#texts.size >= cacheSize) this.forget()
    this.#texts.set(id, json)
    this.#ids.set(json, id)
    return id
  }
}
