import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createBigQueryDestination } from '../../../src/destinations/bigquery/bigquery-destination.ts'
import { createClient } from '../../../src/destinations/hubspot/http/client.ts'
import { hubspotSettings } from '../../../src/destinations/hubspot/settings.ts'
import { emailChannel } from '../../../src/observability/alerts/email-channel.ts'
import { postJson } from '../../../src/observability/alerts/post-json.ts'
import { createApiClient } from '../../../src/source/client.ts'
import { bigQueryConfig } from '../../support/bigquery/bigquery-config.ts'
import { unpaced } from '../../support/destinations/hubspot-world.ts'
import { makeCertificates } from '../../support/temporal/tls-front.ts'

/** Its certificate is signed by an authority that no machine knows, as that of a company's proxy. */
let server: Server
let requests = 0
let origin: string
beforeAll(async () => {
  const { server: own } = await makeCertificates()
  server = createServer(own, (_request, response) => {
    requests += 1
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Credentials that Google would accept: a server of ours exchanges them for a token. */
async function withGoogleCredentials(): Promise<void> {
  const google = createHttpServer((_request, response) => {
    const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token'
    const token = { access_token: 'x', issued_token_type, token_type: 'Bearer', expires_in: 3_600 }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token))
  })
  await once(google.listen(0, '127.0.0.1'), 'listening')
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-identity-'))
  onTestFinished(() => {
    google.close()
    rmSync(folder, { recursive: true })
    vi.unstubAllEnvs()
  })
  writeFileSync(join(folder, 'token'), 'a token of the cluster')
  const identity = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${(google.address() as AddressInfo).port}/token`,
    credential_source: { file: join(folder, 'token') },
  }
  writeFileSync(join(folder, 'identity.json'), JSON.stringify(identity))
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'identity.json'))
}

test.each<[string, () => Promise<unknown>]>([
  ['the API', () => createApiClient({ baseUrl: `${origin}/api/v1`, apiKey: 'qrs_0' }).me()],
  [
    'HubSpot',
    () => {
      const config = hubspotSettings.parse({ type: 'hubspot', token: 'pat-1', url: origin })
      return createClient({ name: 'crm', config, pacer: unpaced }).begin()({ method: 'GET', path: '/a' })
    },
  ],
  [
    'BigQuery',
    async () => {
      await withGoogleCredentials()
      return createBigQueryDestination({ name: 'bi', config: bigQueryConfig(origin) }).apply()
    },
  ],
  ['a webhook', () => postJson(`${origin}/hook`, '{}')],
  [
    'a mail server',
    () => {
      const smtp = origin.replace('https', 'smtps')
      const settings = { smtp, sender: 'a@example.com', to: ['b@example.com'], at_least: 'info' } as const
      return emailChannel(settings).send({
        id: '1',
        connector: 'acme',
        condition: 'destination stuck',
        destination: 'crm',
        severity: 'critical',
        state: 'began',
        atMs: 0,
        beganAtMs: null,
        text: 'crm has accepted nothing.',
      })
    },
  ],
])('an error of %s says what to do about a certificate that is not trusted', async (_, call) => {
  await expect(call()).rejects.toThrow(
    /The server's certificate is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. If a company proxy .* NODE_EXTRA_CA_CERTS/,
  )
  expect(requests).toBe(0)
})
