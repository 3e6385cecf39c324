import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { deliverLinks } from '../../support/destinations/deliver-links.ts'
import { temporaryLedger } from '../../support/ledger/temporary-ledger.ts'

let ledger: Ledger

beforeEach(async () => {
  ledger = await temporaryLedger()
})

afterEach(() => ledger.destroy())

test('links need the fewest calls possible, and a contact that is created later has all its links within the hour', async () => {
  const { first, again, late, contactsWithScans, associated } = await deliverLinks(ledger, {
    contacts: 1_200,
    links: 500,
    late: 100,
  })
  // 5 for the codes, 5 to find 500 contacts, 4 to write 400, and 4 to associate these with their codes.
  expect(first).toEqual({ calls: 18, min: 18, delivered: 500 + 400 + 400 })
  expect(again).toEqual({ calls: 0, min: 0, delivered: 0 })
  // Found, written and associated, at a call for each 100.
  expect(late).toEqual({ calls: 3, min: 3, delivered: 200 })
  expect({ contactsWithScans, associated }).toEqual({ contactsWithScans: 500, associated: 500 })
})
