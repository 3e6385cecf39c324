import { DatabaseSync } from 'node:sqlite'
import { AccountTable } from './accounts.ts'
import { CallTable } from './calls.ts'
import { KeyTable } from './keys.ts'
import { QrCodeTable } from './qr-codes.ts'
import { ScanSums } from './scan-sums.ts'
import { ScanTable, type NewScan } from './scans.ts'
import { prepareSchema } from './schema.ts'
import { VisitorTable } from './visitors.ts'

/** Everything the server remembers, in one SQLite file or in memory. */
export interface Store {
  accounts: AccountTable
  keys: KeyTable
  calls: CallTable
  qrCodes: QrCodeTable
  scans: ScanTable
  sums: ScanSums
  visitors: VisitorTable
  /** Adds a scan and brings its code's count up to date. */
  recordScan(scan: NewScan): void
  /** Runs `work` as one transaction: all of it is kept, or none. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Opens a store, and creates it where the file does not exist. `:memory:` keeps it in memory only. */
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
