/**
 * Counts the calls that write the scans of codes to the contacts that they name, next to the fewest possible:
 * with 100,000 contacts and 10,000 links, of which 1,000 contacts are created after their scans. Prints JSON.
 *
 * node bench/links.ts [CONTACTS] [LINKS]
 */
import { ensureConnector } from '../src/ledger/connector/connector-state.ts'
import { openLedger } from '../src/ledger/base/open-ledger.ts'
import { deliverLinks } from '../test/support/destinations/deliver-links.ts'

const [contacts = 100_000, links = 10_000] = process.argv.slice(2).map(Number)
const ledger = await openLedger(':memory:')
await ensureConnector(ledger, 'test')
await ledger
  .updateTable('accounts')
  .set({ calls_per_minute: 1_000_000, calls_per_month: 1_000_000 })
  .execute()
const startedAt = performance.now()
const result = await deliverLinks(ledger, { contacts, links, late: Math.round(links / 10) })
const seconds = Math.round((performance.now() - startedAt) / 100) / 10
await ledger.destroy()
console.log(JSON.stringify({ contacts, links, seconds, ...result }))
