import { afterEach, beforeEach, expect } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'

/**
 * Starts a fake HubSpot for each test of a file, or of the surrounding `describe`. After the test, each request
 * that it received must match HubSpot's published models.
 */
export function fakeHubSpotForEach(use: (fake: FakeHubSpot) => void): void {
  let fake: FakeHubSpot

  beforeEach(async () => {
    fake = await startFakeHubSpot({ limits: { tenSecondly: 1_000_000 } })
    use(fake)
  })

  afterEach(async () => {
    expect(fake.violations, 'requests as HubSpot publishes them').toEqual([])
    await fake.close()
  })
}
