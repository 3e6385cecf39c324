import pg from 'pg'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'

/** A database that has the tables of a ledger: to copy them is quicker than to make them. */
export const ledgerTemplate = 'ledger_template'

/** @param postgresUrl of a server that does not have it yet */
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
