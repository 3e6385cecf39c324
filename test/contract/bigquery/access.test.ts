import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBigQueryDestination } from '../../../src/destinations/bigquery/bigquery-destination.ts'
import { bigQueryConfig } from '../../support/bigquery/bigquery-config.ts'
import { bigQueryWorld, jsonAnswer, refusal, seen } from '../../support/bigquery/bigquery-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'

describe('Access to BigQuery', () => {
  describe('server permissions', () => {
    const world = bigQueryWorld()
    const denied = (what: string) => refusal(403, 'accessDenied', `Access Denied: no ${what} for you`)
    const query = (body: object) => JSON.stringify(body)

    async function unmetNeeds() {
      const { needs } = await world.make({ dataset: world.config.dataset }).check()
      return needs.filter(({ isMet }) => !isMet)
    }

    beforeEach(() => {
      world.make()
    })

    test('check reports the service account and the dataset, and writes nothing', async () => {
      const { identity, needs } = await world.make().check()
      const { dataset } = world.config
      expect(identity).toBe(`BigQuery, project test-project, dataset ${dataset} in EU, as anonymous`)
      expect(needs.length).toBeGreaterThan(1)
      expect(needs.filter(({ isMet }) => !isMet)).toEqual([])
      expect(world.calls.map(({ what }) => what)).toEqual([
        'POST /queries',
        `GET /datasets/${dataset}`,
        'POST /jobs',
      ])
      expect(query(world.calls.at(-1)?.body ?? {})).toContain('"dryRun":true')
      expect(await world.make({ dataset }).apply()).toContain(`create dataset ${dataset}`)
    })

    test('check names the role to grant if qrsync may run no jobs', async () => {
      world.handle = (call, forward) =>
        seen(call).what === 'POST /queries' ? Promise.resolve(denied('bigquery.jobs.create')) : forward()
      expect(await unmetNeeds()).toEqual([
        {
          what: 'bigquery.jobs.create on project test-project',
          isMet: false,
          advice: 'Grant roles/bigquery.user on project test-project.',
        },
      ])
    })

    test('check reports a missing dataset that qrsync may not create', async () => {
      world.handle = (call, forward) =>
        call.body.includes('CREATE SCHEMA') ? Promise.resolve(denied('bigquery.datasets.create')) : forward()
      const [need] = await unmetNeeds()
      expect(need?.what).toMatch(/^bigquery\.datasets\.create on project test-project/)
      expect(need?.advice).toContain('roles/bigquery.user on project test-project to anonymous')
    })

    test('check reports what qrsync may not do in an existing dataset', async () => {
      await world.make({ dataset: world.config.dataset }).apply()
      world.handle = (call, forward) => {
        const { what, body } = seen(call)
        if (call.body.includes('CREATE TABLE')) return Promise.resolve(denied('bigquery.tables.create'))
        if (!what.endsWith(':testIamPermissions')) return forward()
        const { permissions } = body as { permissions: string[] }
        const granted = permissions.filter((permission) => permission !== 'bigquery.tables.updateData')
        return Promise.resolve(
          jsonAnswer(200, what.includes('/scans') ? { permissions: granted } : { permissions }),
        )
      }
      const { dataset } = world.config
      const advice = `Grant roles/bigquery.dataEditor on dataset ${dataset} to anonymous.`
      expect(await unmetNeeds()).toEqual([
        { what: `bigquery.tables.create on dataset ${dataset}`, isMet: false, advice },
        { what: `bigquery.tables.updateData on dataset ${dataset}`, isMet: false, advice },
      ])
    })

    test('check reports a dataset in another location', async () => {
      const { dataset } = world.config
      await world.make({ dataset, location: 'us' }).apply()
      const { needs } = await world.make({ dataset, location: 'EU' }).check()
      expect(needs.filter(({ isMet }) => !isMet)).toMatchObject([{ advice: 'Write location: us.' }])
      const same = await world.make({ dataset, location: 'US' }).check()
      expect(same.needs.every(({ isMet }) => isMet)).toBe(true)
    })

    test('check reports an unreachable server', async () => {
      world.proxy.setRate(1)
      await expect(world.make().check()).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        retry: 'backoff',
      })
    })

    test.each([
      [403, 'accessDenied', 'DESTINATION_FORBIDDEN', 'backoff'],
      [401, 'authError', 'DESTINATION_FORBIDDEN', 'backoff'],
      [403, 'billingNotEnabled', 'DESTINATION_FORBIDDEN', 'backoff'],
      [403, 'rateLimitExceeded', 'DESTINATION_RATE_LIMITED', 'backoff'],
      [429, 'jobRateLimitExceeded', 'DESTINATION_RATE_LIMITED', 'backoff'],
      [403, 'quotaExceeded', 'DESTINATION_RATE_LIMITED', { afterMs: 1_800_000 }],
      [503, 'backendError', 'DESTINATION_UNAVAILABLE', 'backoff'],
      [500, 'internalError', 'DESTINATION_UNAVAILABLE', 'backoff'],
      [404, 'notFound', 'DESTINATION_UNAVAILABLE', 'backoff'],
    ] as const)(
      'a %i %s response fails with the right code, for a call and for a job',
      async (status, reason, code, retry) => {
        const destination = world.make()
        await destination.apply()
        const error = { reason, message: 'Said by the vendor.' }
        const answers = [
          refusal(status, reason, error.message),
          jsonAnswer(200, { status: { state: 'DONE', errorResult: error, errors: [error] } }),
        ]
        for (const answer of answers) {
          world.handle = (call, forward) =>
            seen(call).what === 'POST /jobs' ? Promise.resolve(answer) : forward()
          await expect(destination.upsert('scans', [landedScan(1)])).rejects.toMatchObject({
            name: 'ConnectorError',
            code,
            retry,
            message: expect.stringMatching(/^Destination tested: .*Said by the vendor\..*\n\S/s) as string,
          })
        }
        world.handle = (_call, forward) => forward()
        expect(await destination.upsert('scans', [landedScan(1)])).toEqual({ confirmed: 1, rejected: [] })
      },
    )
  })

  describe('credentials', () => {
    let folder: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'qrsync-keys-'))
      // No credentials of this machine, and no search for Google's metadata server.
      vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
      vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
      vi.stubEnv('HOME', folder)
      vi.stubEnv('APPDATA', folder)
    })

    afterEach(async () => {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    })

    function withKey(keyFile?: string) {
      const key = keyFile === undefined ? {} : { key_file: keyFile }
      // It gets no request, because the calls fail before that.
      const config = bigQueryConfig('https://127.0.0.1:9', key)
      return createBigQueryDestination({ name: 'tested', config })
    }

    async function keyFile(text: string): Promise<string> {
      const path = join(folder, 'key.json')
      await writeFile(path, text)
      return path
    }

    async function expectForbidden(path: string | undefined, says: RegExp): Promise<void> {
      const destination = withKey(path)
      const error: unknown = await destination.apply().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'DESTINATION_FORBIDDEN', retry: 'backoff' })
      expect(String(error)).toMatch(says)
      expect(String(error)).not.toContain('s3cret')
      const { needs } = await destination.check()
      expect(needs).toMatchObject([{ what: 'credentials that Google accepts', isMet: false }])
      expect(JSON.stringify(needs)).not.toContain('s3cret')
    }

    test('check reports missing credentials', () =>
      expectForbidden(undefined, /no usable Google credentials were found\.\nSet key_file/))

    test('check reports a missing key file', () =>
      expectForbidden(join(folder, 'gone.json'), /the key file .*gone\.json cannot be read\.\n/))

    test.each([
      ['no JSON', '-----BEGIN s3cret'],
      ['something else', '{"s3cret": true}'],
      ['a broken key', '{"type":"service_account","client_email":"a@b.c","private_key":"s3cret"}'],
    ])('check reports a key file with %s, and shows none of its content', async (_, text) => {
      await expectForbidden(await keyFile(text), /key\.json is not a service account key\.\n/)
    })
  })
})
