import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { openPostgres, queryPostgres } from '../../support/destinations/postgres-database.ts'
import { startPostgres, type Postgres } from '../../support/ledger/postgres.ts'
import { unprivileged } from '../../support/ledger/unprivileged.ts'
import { makeCertificates } from '../../support/temporal/tls-front.ts'
import { until } from '../../support/until.ts'

/** Its certificate names localhost, and is signed by an authority that no machine knows. */
describe('PostgreSQL with TLS', () => {
  let server: Postgres
  let folder: string
  let authority: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qrsync-tls-'))
    await chmod(folder, 0o755)
    const { ca, server: own } = await makeCertificates()
    authority = join(folder, 'ca.pem')
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    await writeFile(authority, ca)
    await writeFile(files.cert, own.cert)
    await writeFile(files.key, own.key, { mode: 0o600 })
    if (unprivileged !== null) await chown(files.key, unprivileged.uid, unprivileged.gid)
    server = await startPostgres()
    for (const setting of [`ssl_cert_file = '${files.cert}'`, `ssl_key_file = '${files.key}'`, 'ssl = on']) {
      await queryPostgres(server.url, `alter system set ${setting}`)
    }
    await queryPostgres(server.url, 'select pg_reload_conf()')
    await until(async () => (await queryPostgres(server.url, 'show ssl'))[0]?.['ssl'] === 'on')
  })

  afterAll(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })

  /** Whether a session with these parameters is encrypted, or why there is none. */
  async function connectWith(parameters: Record<string, string>, host = 'localhost'): Promise<string> {
    const url = new URL(server.url)
    url.hostname = host
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const destination = openPostgres(url.href)
    try {
      await destination.check()
      const [session] = await queryPostgres(
        server.url,
        `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'qrsync'`,
      )
      return session?.['ssl'] === true ? 'encrypted' : 'plain'
    } catch (error) {
      return (error as Error).message
    } finally {
      await destination.close()
    }
  }

  test('without sslmode, and with disable, the connection is not encrypted', async () => {
    expect(await connectWith({})).toBe('plain')
    expect(await connectWith({ sslmode: 'disable' })).toBe('plain')
  })

  test('require encrypts, and trusts any certificate', async () => {
    expect(await connectWith({ sslmode: 'require' })).toBe('encrypted')
  })

  test('verify-ca trusts the authority that sslrootcert names, whatever the host name is', async () => {
    expect(await connectWith({ sslmode: 'verify-ca', sslrootcert: authority })).toBe('encrypted')
  })

  test('verify-full also compares the host name, and refuses an unknown authority', async () => {
    expect(await connectWith({ sslmode: 'verify-full', sslrootcert: authority })).toBe('encrypted')
    expect(await connectWith({ sslmode: 'verify-full' })).toMatch(
      /(self-signed|unable to|issuer).*\nThe server's certificate is not trusted .* NODE_EXTRA_CA_CERTS/,
    )
    expect(await connectWith({ sslmode: 'verify-full', sslrootcert: authority }, '127.1')).toMatch(
      /(does not match|Hostname).*\n.* Use a host name that the certificate contains\./,
    )
  })

  test('a ledger there says what to do about an unknown authority', async () => {
    const url = new URL(server.url)
    url.hostname = 'localhost'
    url.searchParams.set('sslmode', 'verify-full')
    await expect(openLedger(url.href)).rejects.toThrow(
      /^The ledger in PostgreSQL at localhost:.* The server's certificate is not trusted .* NODE_EXTRA_CA_CERTS/,
    )
  })
})
