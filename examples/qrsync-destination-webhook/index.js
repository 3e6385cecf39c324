// Posts scans to an address, up to 500 in a request: { "stream": "scans", "rows": [{ "id": "...", ... }] }.
// The address may get a row again, with the same id, so it must take it twice without harm.
import { ConnectorError, defineVendor, z } from 'qrsync'

const type = 'qrsync-destination-webhook'
const timeoutMs = 30_000
const takes = { streams: ['scans'], gatherMs: 0 }

const settings = z.strictObject({
  type: z.literal(type),
  url: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1),
})

export default defineVendor({
  api: 1,
  type,
  settings,
  secrets: { token: 'WEBHOOK_TOKEN' },
  where: ({ url }) => new URL(url).host,
  takes: () => takes,
  open: async (name, { url, token }) => ({
    ...takes,
    batch: { rows: 500, characters: 1_000_000 },
    check: async () => ({ identity: `Webhook ${url}`, needs: [] }),
    plan: async () => [],
    apply: async () => [],
    identity: async () => url,
    close: async () => {},
    async *write(stream, rows) {
      const body = `{"stream":"${stream}","rows":[${rows.map(({ json }) => json).join(',')}]}`
      const response = await post(name, url, token, body)
      if (response.ok) {
        yield rows.map(({ id }) => ({ id, is: 'confirmed' }))
      } else if (response.status === 422) {
        // Refused as they are: qrsync keeps them with the reason, and goes on with the next.
        const reason = await response.text()
        yield rows.map(({ id }) => ({ id, is: 'rejected', reason }))
      } else {
        throw unavailable(name, `it answered ${response.status}`)
      }
    },
  }),
})

async function post(name, url, token, body) {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    throw unavailable(name, 'it cannot be reached', error)
  }
}

// Thrown, it makes qrsync try the same rows again, with growing delays.
function unavailable(name, reason, cause) {
  return new ConnectorError('DESTINATION_UNAVAILABLE', `Destination ${name}: ${reason}.`, {
    retry: 'backoff',
    scope: 'destination',
    cause,
  })
}
