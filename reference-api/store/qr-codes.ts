import type { DatabaseSync, StatementSync } from 'node:sqlite'

export interface QrCodeRow {
  /** Internal and short, because scans refer to it. */
  number: number
  id: string
  account_id: string
  slug: string
  name: string
  type: string
  destination_url: string
  /** JSON. */
  render_customizations: string
  scan_count: number
  last_scanned_at: number | null
  created_at: number
  updated_at: number
  deleted_at: number | null
}

export type NewQrCode = Omit<QrCodeRow, 'number' | 'scan_count' | 'last_scanned_at' | 'deleted_at'>

export type QrCodeOrder = 'created_at' | '-created_at' | '-last_scanned_at'

export interface QrCodeFilter {
  accountId: string
  includeDeleted: boolean
  /** Text to search for in name and destination, in lower case. */
  text: string | null
  updatedSince: number | null
}

const orderBy: Record<QrCodeOrder, string> = {
  created_at: 'created_at ASC, id ASC',
  '-created_at': 'created_at DESC, id ASC',
  '-last_scanned_at': 'last_scanned_at DESC NULLS LAST, id ASC',
}

const filtered = `
  FROM qr_codes WHERE account_id = :accountId
  AND (:includeDeleted OR deleted_at IS NULL)
  AND (:updatedSince IS NULL OR updated_at >= :updatedSince)
  AND (:text IS NULL OR has_text(name, :text) OR has_text(destination_url, :text))`

export class QrCodeTable {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #byId: StatementSync
  readonly #bySlug: StatementSync
  readonly #list: Record<QrCodeOrder, StatementSync>
  readonly #count: StatementSync
  readonly #countActive: StatementSync
  readonly #addScans: StatementSync
  readonly #update: StatementSync
  readonly #delete: StatementSync

  constructor(db: DatabaseSync) {
    // SQLite's own lower() supports only ASCII.
    db.function('has_text', { deterministic: true }, (value, text) =>
      String(value).toLowerCase().includes(String(text)) ? 1 : 0,
    )
    const list = (order: QrCodeOrder) =>
      db.prepare(`SELECT * ${filtered} ORDER BY ${orderBy[order]} LIMIT :limit OFFSET :offset`)
    this.#db = db
    this.#insert = db.prepare(`
      INSERT INTO qr_codes (id, account_id, slug, name, type, destination_url, render_customizations, created_at, updated_at)
      VALUES (:id, :account_id, :slug, :name, :type, :destination_url, :render_customizations, :created_at, :updated_at)`)
    this.#byId = db.prepare('SELECT * FROM qr_codes WHERE id = ?')
    this.#bySlug = db.prepare('SELECT * FROM qr_codes WHERE slug = ?')
    this.#list = {
      created_at: list('created_at'),
      '-created_at': list('-created_at'),
      '-last_scanned_at': list('-last_scanned_at'),
    }
    this.#count = db.prepare(`SELECT count(*) AS total ${filtered}`)
    this.#countActive = db.prepare(
      'SELECT count(*) AS total FROM qr_codes WHERE account_id = ? AND deleted_at IS NULL',
    )
    this.#addScans = db.prepare(`
      UPDATE qr_codes SET scan_count = scan_count + :count, last_scanned_at = max(coalesce(last_scanned_at, :at), :at)
      WHERE number = :number`)
    this.#update = db.prepare(`
      UPDATE qr_codes SET name = ?, destination_url = ?, render_customizations = ?, updated_at = ? WHERE number = ?`)
    this.#delete = db.prepare(
      'UPDATE qr_codes SET deleted_at = :now, updated_at = :now WHERE id = :id AND deleted_at IS NULL',
    )
  }

  /** Returns the new code's number. */
  insert(code: NewQrCode): number {
    return Number(this.#insert.run({ ...code }).lastInsertRowid)
  }

  /** Returns a code of this account that is not deleted. */
  find(accountId: string, id: string): QrCodeRow | null {
    const code = this.findAny(id)
    return code?.account_id === accountId && code.deleted_at === null ? code : null
  }

  /** Returns a code of any account, deleted ones included. */
  findAny(id: string): QrCodeRow | null {
    return (this.#byId.get(id) as unknown as QrCodeRow | undefined) ?? null
  }

  /** Returns a code of any account, deleted ones included. */
  findBySlug(slug: string): QrCodeRow | null {
    return (this.#bySlug.get(slug) as unknown as QrCodeRow | undefined) ?? null
  }

  list(filter: QrCodeFilter, order: QrCodeOrder, limit: number, offset: number): QrCodeRow[] {
    return this.#list[order].all({ ...toParameters(filter), limit, offset }) as unknown as QrCodeRow[]
  }

  count(filter: QrCodeFilter): number {
    return Number(this.#count.get(toParameters(filter))?.['total'])
  }

  countActive(accountId: string): number {
    return Number(this.#countActive.get(accountId)?.['total'])
  }

  /** Records that a code got `count` scans, the latest of them at `at`. */
  addScans(number: number, count: number, at: number): void {
    this.#addScans.run({ number, count, at })
  }

  /** Stores the values that an owner may change. */
  update(code: QrCodeRow, now: number): void {
    const { name, destination_url, render_customizations, number } = code
    this.#update.run(name, destination_url, render_customizations, now, number)
  }

  /** Whether such a code existed and was not deleted yet. */
  delete(id: string, now: number): boolean {
    return this.#delete.run({ id, now }).changes === 1
  }

  /** Returns the numbers of codes that were ever scanned, deleted ones included. */
  scanned(): number[] {
    const rows = this.#db.prepare('SELECT number FROM qr_codes WHERE scan_count > 0').all()
    return rows.map((row) => Number(row['number']))
  }

  /** Returns the short URLs that still redirect, the most popular first. */
  activeSlugs(): string[] {
    const rows = this.#db
      .prepare('SELECT slug FROM qr_codes WHERE deleted_at IS NULL ORDER BY scan_count DESC, number')
      .all()
    return rows.map((row) => String(row['slug']))
  }
}

function toParameters(filter: QrCodeFilter) {
  return { ...filter, includeDeleted: filter.includeDeleted ? 1 : 0 }
}
