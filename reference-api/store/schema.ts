import type { DatabaseSync } from 'node:sqlite'

const schemaVersion = 1

/**
 * Times are milliseconds since the epoch. A scan's client and place are ids of ready JSON, because a few
 * hundred of them serve a million scans: rows stay small, and a page is assembled without serializing anything
 * twice.
 */
const tables = `
  CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    plan TEXT NOT NULL,
    per_minute INTEGER,
    per_month INTEGER,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE api_keys (
    hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
  ) STRICT;

  CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    month TEXT NOT NULL,
    month_count INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE qr_codes (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    destination_url TEXT NOT NULL,
    render_customizations TEXT NOT NULL,
    scan_count INTEGER NOT NULL DEFAULT 0,
    last_scanned_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT;
  CREATE INDEX qr_codes_by_account ON qr_codes (account_id);

  CREATE TABLE clients (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE places (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE scans (
    code INTEGER NOT NULL,
    scanned_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    client INTEGER NOT NULL,
    place INTEGER NOT NULL,
    is_unique INTEGER NOT NULL,
    PRIMARY KEY (code, scanned_at, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE visitor_salts (day INTEGER PRIMARY KEY, salt BLOB NOT NULL) STRICT;
  CREATE TABLE visitors (
    day INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (day, hash)
  ) STRICT, WITHOUT ROWID;
`

/** Changes that only make a store faster are added to existing stores too. */
const indexes = `
  CREATE INDEX IF NOT EXISTS qr_codes_by_account_and_deletion ON qr_codes (account_id, deleted_at);
`

/** Creates the tables of a new store, and refuses one of another version. */
export function prepareSchema(db: DatabaseSync): void {
  // A killed process loses nothing; only a power failure could, and this is a server for tests. What identifies
  // visitors within a day must be gone after it, so deleted data is overwritten.
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 250; PRAGMA secure_delete = ON',
  )
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version !== 0 && version !== schemaVersion) {
    throw new Error(`the store has schema version ${version}, this program needs ${schemaVersion}`)
  }
  if (version === 0) db.exec(`BEGIN; ${tables} PRAGMA user_version = ${schemaVersion}; COMMIT`)
  db.exec(indexes)
}
