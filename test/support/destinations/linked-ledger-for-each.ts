import { afterEach, beforeEach } from 'vitest'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { temporaryLedger, type ledgerKinds } from '../ledger/temporary-ledger.ts'
import { fakeHubSpotForEach } from './fake-hubspot-for-each.ts'

/** Opens a ledger and starts a fake HubSpot for each test of the surrounding `describe`: see `fakeHubSpotForEach`. */
export function linkedLedgerForEach(
  kind: (typeof ledgerKinds)[number],
  use: (ledger: Ledger, fake: FakeHubSpot) => void,
): void {
  let fake: FakeHubSpot
  let ledger: Ledger

  fakeHubSpotForEach((started) => {
    fake = started
  })
  beforeEach(async () => {
    ledger = await temporaryLedger(kind, { perMinute: 1_000_000, perMonth: 1_000_000 })
    use(ledger, fake)
  })
  afterEach(() => ledger.destroy())
}
