import pg from 'pg'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'

/** A database with the tables of a ledger: copying it is faster than creating them. */
export const ledgerTemplate = 'ledger_template'

/** @param postgresUrl of a server without that database */
export async function makeLedgerTemplate(postgresUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  await client.query(`create database ${ledgerTemplate}`)
  await client.end()
  const url = new URL(postgresUrl)
  url.pathname = ledgerTemplate
  const ledger = await openLedger(url.href)
  await ledger.destroy()
}
