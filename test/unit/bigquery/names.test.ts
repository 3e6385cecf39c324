import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openCredentials } from '../../../src/destinations/bigquery/client/google-credentials.ts'
import { quotedName } from '../../../src/destinations/bigquery/client/sql-name.ts'
import { bigquerySettings } from '../../../src/destinations/bigquery/settings.ts'

test('a name that would end its quotes in SQL is refused', () => {
  expect(quotedName('acme-analytics', 'qr_codes', 'scans')).toBe('`acme-analytics.qr_codes.scans`')
  for (const name of ['a`; DROP TABLE b; --', 'a\\', 'a\nb']) {
    expect(() => quotedName(name)).toThrow('is no name')
  }
})

test.each(['p`; DROP SCHEMA a; --', 'a b', '../other', 'a/b', '-a', ''])('%s is no project', (project) => {
  const settings = { type: 'bigquery', dataset: 'd', project }
  expect(bigquerySettings.safeParse(settings).success).toBe(false)
  for (const good of ['acme-analytics', 'example.com:acme', 'p1']) {
    expect(bigquerySettings.safeParse({ ...settings, project: good }).success).toBe(true)
  }
})

test('workload identity is not asked for the project, which least privilege does not let it tell', async () => {
  let requests = 0
  const google = createServer((_request, response) => {
    requests += 1
    response.writeHead(403).end('{}')
  }).listen(0, '127.0.0.1')
  await once(google, 'listening')
  const url = `http://127.0.0.1:${(google.address() as AddressInfo).port}`
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-identity-'))
  onTestFinished(() => {
    google.close()
    rmSync(folder, { recursive: true })
    vi.unstubAllEnvs()
  })
  const file = join(folder, 'identity.json')
  writeFileSync(join(folder, 'token'), 'a token of the cluster')
  writeFileSync(
    file,
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${url}/token`,
      credential_source: { file: join(folder, 'token') },
    }),
  )
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
  for (const name of ['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT']) vi.stubEnv(name, '')
  await openCredentials('bi', 'https://bigquery.googleapis.com', { project: 'acme-analytics' })
  expect(requests).toBe(0)
})
