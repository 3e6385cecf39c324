import { DatabaseSync } from 'node:sqlite'
import { AccountTable } from './accounts.ts'
import { CallTable } from './calls.ts'
import { KeyTable } from './keys.ts'
import { QrCodeTable } from './qr-codes.ts'
import { ScanSums } from './scan-sums.ts'
import { ScanTable, type NewScan } from './scans.ts'
import { prepareSchema } from './schema.ts'
import { VisitorTable } from './visitors.ts'

/** Everything that the server stores, in one SQLite file or in memory. */
export interface Store {
  accounts: AccountTable
  keys: KeyTable
  calls: CallTable
  qrCodes: QrCodeTable
  scans: ScanTable
  sums: ScanSums
  visitors: VisitorTable
  /** Adds a scan and updates its code's count. */
  recordScan(scan: NewScan): void
  /**
   * Deletes what identifies the visitors of past days, also from the files that SQLite keeps next to the store.
   * Cheap if there is nothing to delete.
   */
  forgetVisitors(now: number): void
  /** Runs `work` as one transaction, all or nothing. */
  transaction<T>(work: () => T): T
  close(): void
}

const busyLogMs = 5_000

/** Opens a store, and creates the file if it does not exist. `:memory:` keeps it only in memory. */
export function openStore(file: string): Store {
  const db = new DatabaseSync(file)
  try {
    prepareSchema(db)
  } catch (error) {
    db.close()
    throw error
  }
  const qrCodes = new QrCodeTable(db)
  const scans = new ScanTable(db)
  const visitors = new VisitorTable(db)
  // The log may contain what an earlier process has deleted.
  let emptiesLogAtMs = 0
  return {
    accounts: new AccountTable(db),
    keys: new KeyTable(db),
    calls: new CallTable(db),
    qrCodes,
    scans,
    sums: new ScanSums(db, scans),
    visitors,
    recordScan(scan) {
      scans.insert(scan)
      qrCodes.addScans(scan.code, 1, scan.scannedAt)
    },
    forgetVisitors(now) {
      visitors.forgetBefore(now)
      if (!visitors.takeForgotten() && performance.now() < emptiesLogAtMs) return
      // The log still contains the old pages, so it is emptied. That is impossible while another process reads
      // it.
      const isEmpty = Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']) === 0
      emptiesLogAtMs = isEmpty ? Infinity : performance.now() + busyLogMs
    },
    transaction(work) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        db.exec('COMMIT')
        return result
      } catch (error) {
        db.exec('ROLLBACK')
        scans.rolledBack()
        visitors.rolledBack()
        throw error
      }
    },
    close() {
      db.close()
    },
  }
}
