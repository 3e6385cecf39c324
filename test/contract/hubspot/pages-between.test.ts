import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { startFront } from '../../support/destinations/hubspot-front.ts'
import { codeRow, destinationTo } from '../../support/destinations/hubspot-world.ts'

let fake: FakeHubSpot

beforeEach(async () => {
  fake = await startFakeHubSpot()
})

afterEach(async () => {
  await fake.close()
})

const page = '<html><head><title>Not Found</title></head><body>nginx</body></html>'

describe('a proxy that answers with its own page', () => {
  test.each([400, 404, 409])(
    '%i is not taken as HubSpot’s verdict on rows, or as a deleted object',
    async (status) => {
      const path = 'POST /crm/objects/2026-09/0-7/batch/upsert'
      const front = await startFront(fake.url, { [path]: { status, body: page } })
      const crm = destinationTo(fake, { object: 'products', url: front.url })
      await crm.apply()
      const error = await crm.upsert('code_summaries', [codeRow(1)]).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE', retry: 'backoff' })
      expect((error as Error).message).not.toMatch(/deleted/)
      // What was prepared is still known, and not requested again.
      front.switchTo(fake.url)
      await front.close()
    },
  )

  test('404 does not make qrsync treat a linked record as deleted', async () => {
    const front = await startFront(fake.url, {
      'POST /crm/objects/2026-09/0-1/batch/read': { status: 404, body: page },
    })
    const settings = {
      object: 'none',
      link: [{ object: 'contacts', property: 'email', parameter: 'utm_id' }],
    }
    const crm = destinationTo(fake, { ...settings, url: front.url })
    await crm.apply()
    await expect(crm.links?.find('contacts.email', ['ada@example.com'])).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
    })
    await front.close()
  })

  test('404 on a path of the API: the message names the version of the API', async () => {
    for (const body of [
      page,
      { status: 'error', message: 'resource not found', category: 'OBJECT_NOT_FOUND' },
    ]) {
      const path = 'GET /crm/properties/2026-09/0-7'
      const front = await startFront(fake.url, { [path]: { status: 404, body } })
      const error = await destinationTo(fake, { object: 'products', url: front.url })
        .apply()
        .catch((thrown: unknown) => thrown)
      expect((error as Error).message).toMatch(
        /^Destination crm: HubSpot has nothing at this path of its API of 2026-09 \(GET .*\n.*install a newer qrsync/,
      )
      await front.close()
    }
  })
})
