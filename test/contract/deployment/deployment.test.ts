import { readFileSync, statSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { run } from '../../support/tools/cached-tool.ts'
import { dockerCompose, hadolint } from '../../support/tools/deployment-tools.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const toolsMs = 900_000

interface Service {
  image: string
  build?: unknown
  restart: string
  command: string[] | null
  environment?: Record<string, string>
  ports?: { host_ip?: string }[]
  healthcheck?: unknown
  depends_on?: Record<string, { condition: string; required: boolean }>
  stop_grace_period?: string
  mem_limit?: string
  logging?: unknown
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  pids_limit?: number
  read_only?: boolean
  networks?: Record<string, unknown>
  volumes?: { type: string; source: string; target: string; read_only?: boolean; bind?: object }[]
  secrets?: { source: string; target: string }[]
  tmpfs?: string[]
}

interface Composed {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
}

describe('docker-compose.yml', () => {
  let command: string
  beforeAll(async () => {
    command = await dockerCompose()
  }, toolsMs)

  /** The file as Docker Compose itself parses it, in a shell without variables of its own. */
  async function whole(...flags: string[]): Promise<Composed> {
    const words = [
      '--file',
      'docker-compose.yml',
      '--env-file',
      '/dev/null',
      ...flags,
      'config',
      '--format',
      'json',
    ]
    const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() }
    const { stdout } = await run(command, words, { cwd: root, env, maxBuffer: 2 ** 24 })
    return JSON.parse(stdout) as Composed
  }
  const config = async (...flags: string[]) => (await whole(...flags)).services

  it('is valid, and contains the reference API only with the profile demo', async () => {
    const services = await config()
    const always = ['grafana', 'ledger', 'prometheus', 'temporal', 'temporal-database', 'temporal-namespace']
    expect(Object.keys(services).sort()).toEqual([...always, 'temporal-schema', 'temporal-ui', 'worker'])
    expect(Object.keys(await config('--profile', 'demo'))).toContain('reference-api')
  })

  it('pins every image, has a health check for every service, and listens on this machine only', async () => {
    const services = await config('--profile', 'demo')
    for (const [name, service] of Object.entries(services)) {
      expect(service.image, name).toMatch(/:v?\d+\.\d+(\.\d+)?(@sha256:[0-9a-f]{64})?$/)
      // An image that we build has no digest before it is built.
      if (service.build === undefined) expect(service.image, name).toContain('@sha256:')
      const isOnce = service.restart.startsWith('on-failure')
      // The worker's check is in its Dockerfile; Temporal's UI has none.
      if (!isOnce && !['worker', 'temporal-ui'].includes(name)) {
        expect(service.healthcheck, name).toBeDefined()
      }
      for (const port of service.ports ?? []) expect(port.host_ip, name).toBe('127.0.0.1')
    }
    expect(services['worker']?.depends_on).toEqual({
      ledger: { condition: 'service_healthy', required: true },
      'temporal-namespace': { condition: 'service_completed_successfully', required: true },
      'reference-api': { condition: 'service_healthy', required: false },
    })
    expect(services['worker']?.stop_grace_period).toBe('30s')
  })

  it('has no image that the daily scan for vulnerabilities leaves out', async () => {
    const { stdout } = await run(join(root, 'deploy/list-images.sh'), [])
    const scanned = stdout.trim().split('\n')
    const services = await config('--profile', 'demo')
    const images = Object.values(services).filter(({ build }) => build === undefined)
    expect(scanned).toEqual(expect.arrayContaining(images.map(({ image }) => image)))
    const bases = read('Dockerfile').match(/(?<=^FROM )\S+/gm) ?? []
    expect(scanned).toEqual(expect.arrayContaining(bases))
    expect(read('.github/workflows/vulnerabilities.yml')).toContain('$(deploy/list-images.sh)')
  })

  it('limits the memory and the log of every service', async () => {
    for (const [name, service] of Object.entries(await config('--profile', 'demo'))) {
      expect(Number(service.mem_limit), name).toBeGreaterThan(100 * 2 ** 20)
      expect(service.logging, name).toEqual({
        driver: 'json-file',
        options: { 'max-size': '10m', 'max-file': '3' },
      })
    }
  })

  it('gives no service rights that it does not need', async () => {
    const services = await config('--profile', 'demo')
    for (const [name, { cap_drop, cap_add, security_opt, pids_limit }] of Object.entries(services)) {
      expect({ cap_drop, security_opt, pids_limit }, name).toEqual({
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        pids_limit: 512,
      })
      // Both databases start as root, and become another user.
      if (!['ledger', 'temporal-database'].includes(name)) expect(cap_add, name).toBeUndefined()
    }
    // Temporal's images write their config files where they start.
    const writable = Object.keys(services).filter((name) => services[name]?.read_only !== true)
    expect(writable.sort()).toEqual(['temporal', 'temporal-namespace', 'temporal-schema', 'temporal-ui'])
  })

  it('keeps the databases on networks that lead nowhere else, and each from the other’s users', async () => {
    const services = await config('--profile', 'demo')
    const on = (network: string) =>
      Object.keys(services)
        .filter((name) => Object.keys(services[name]?.networks ?? {}).includes(network))
        .sort()
    expect(on('ledger')).toEqual(['ledger', 'worker'])
    expect(on('temporal')).toEqual([
      'temporal',
      'temporal-database',
      'temporal-namespace',
      'temporal-schema',
      'temporal-ui',
      'worker',
    ])
    expect(on('outside')).toEqual(['grafana', 'prometheus', 'reference-api', 'temporal-ui', 'worker'])
    const { networks } = parse(read('docker-compose.yml')) as { networks: object }
    expect(networks).toEqual({ outside: null, ledger: { internal: true }, temporal: { internal: true } })
  })

  it('has no secret in the environment of a service, and each service gets only its own files', async () => {
    const { services } = await whole('--profile', 'demo')
    for (const [name, { environment = {} }] of Object.entries(services)) {
      // The path of a file is no secret.
      const secrets = Object.keys(environment).filter((each) =>
        /(KEY|TOKEN|PASSWORD|PWD|SECRET|SALT)$/.test(each),
      )
      expect(secrets, name).toEqual([])
    }
    const files = Object.entries(services).flatMap(([name, { secrets = [] }]) =>
      secrets.map(({ source, target }) => [name, source, target]),
    )
    expect(Object.fromEntries(files.map(([name, ...rest]) => [name, rest]))).toEqual({
      grafana: ['grafana_password', '/run/secrets/grafana_password'],
      ledger: ['ledger_password', '/run/secrets/ledger_password'],
      'reference-api': ['api_key', '/run/secrets/api_key'],
      temporal: ['temporal_password', '/run/secrets/temporal_password'],
      'temporal-database': ['temporal_password', '/run/secrets/temporal_password'],
      'temporal-schema': ['temporal_password', '/run/secrets/temporal_password'],
    })
    // A folder: it may have any number of files for destinations and alerts. Docker would make a missing one, for root.
    expect(services['worker']?.volumes).toContainEqual({
      type: 'bind',
      source: join(root, 'secrets/worker'),
      target: '/run/secrets/qrsync',
      read_only: true,
      bind: { create_host_path: false },
    })
    for (const name of ['make-schema.sh', 'start-server.sh']) {
      expect(read(`deploy/temporal/${name}`)).toContain('=$(cat /run/secrets/temporal_password)')
    }
  })

  it('.env.example lists every variable, and none is a secret', () => {
    const variables = [...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
    const named = [...read('.env.example').matchAll(/^# (\w+)=/gm)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(5)
    expect(new Set(named)).toEqual(new Set(variables))
  })

  describe('deploy/make-secrets.sh', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'qrsync-secrets-'))
      await mkdir(join(folder, 'deploy'))
      await copyFile(join(root, 'deploy/make-secrets.sh'), join(folder, 'deploy/make-secrets.sh'))
    })
    afterEach(async () => {
      await rm(folder, { recursive: true })
    })
    const make = (typed: string) => {
      const words = ['-c', 'umask 077; printf %s "$1" | sh deploy/make-secrets.sh', 'sh', typed]
      return run('sh', words, { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } })
    }
    const text = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8')
    const modeOf = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8)
    const key = `qrs_${'0'.repeat(64)}`

    it('makes every file that docker-compose.yml names, once, readable for containers and for nobody else', async () => {
      await make(key)
      const { secrets } = await whole('--profile', 'demo')
      const names = Object.values(secrets).map(({ file }) => relative(join(root, 'secrets'), file))
      expect(names.length).toBe(4)
      for (const name of names) expect(modeOf(`secrets/${name}`), name).toBe('644')
      expect([modeOf('secrets'), modeOf('secrets/worker')]).toEqual(['700', '755'])
      expect(text('worker/api_key')).toBe(key)
      const passwords = names.filter((name) => name.endsWith('_password')).map(text)
      for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{48}$/)
      expect(new Set(passwords).size).toBe(3)
      await make('another key')
      expect(names.filter((name) => name.endsWith('_password')).map(text)).toEqual(passwords)
      expect(text('worker/api_key')).toBe(key)
    })

    it('closes a folder that others could open, and opens files in it that containers could not', async () => {
      await mkdir(join(folder, 'secrets/worker'), { recursive: true })
      await writeFile(join(folder, 'secrets/worker/hubspot_token'), 'a-token', { mode: 0o600 })
      await chmod(join(folder, 'secrets'), 0o755)
      await chmod(join(folder, 'secrets/worker'), 0o700)
      await make(key)
      const names = ['secrets', 'secrets/worker', 'secrets/worker/hubspot_token', 'secrets/worker/api_key']
      expect(names.map(modeOf)).toEqual(['700', '755', '644', '644'])
    })

    it.each(['', '\n', '\r\n'])('fails if %j is typed, asks again, and keeps only the key', async (typed) => {
      const stderr = 'There was no API key. Run this script again, and paste the key.\n'
      await expect(make(typed)).rejects.toMatchObject({ code: 1, stderr })
      await make(` ${key}${typed}`)
      expect(text('worker/api_key')).toBe(key)
    })

    it('gives the worker a valid config file, whose metrics port Prometheus scrapes', async () => {
      await make(key)
      const { worker } = await config()
      expect(worker?.command).toEqual(['up', '--config', '/etc/qrsync/qrsync.yaml'])
      const file = join(folder, 'qrsync.yaml')
      const there = read('deploy/qrsync.yaml').replaceAll(
        '/run/secrets/qrsync',
        join(folder, 'secrets/worker'),
      )
      await writeFile(file, there)
      const loaded = loadConfig(file, worker?.environment ?? {})
      expect(loaded.source.key).toBe(key)
      expect(loaded.ledger.location).toBe(
        `postgres://qrsync:${text('worker/ledger_password')}@ledger:5432/qrsync?sslmode=disable`,
      )
      expect(loaded.observability).toMatchObject({ metrics_port: 9464, metrics_host: '0.0.0.0' })
      expect(read('deploy/prometheus/prometheus.yml')).toContain('port: 9464')
      expect(read('Dockerfile')).toContain('127.0.0.1:9464/healthz')
    })
  })
})

describe('Dockerfile', () => {
  it('passes hadolint', { timeout: toolsMs }, async () => {
    const linted = await run(await hadolint(), [
      '--failure-threshold',
      'style',
      '--no-color',
      join(root, 'Dockerfile'),
    ])
    expect(linted.stdout).toBe('')
  })

  it('is built on images that are pinned by digest', () => {
    const bases = read('Dockerfile').match(/(?<=^FROM )\S+/gm) ?? []
    expect(bases.length).toBeGreaterThan(0)
    for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/)
  })

  it('runs as an unprivileged user, and copies only files that exist', () => {
    const lines = read('Dockerfile').split('\n')
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER 1000:1000')
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1))
      .map((file) => `!${file.split('/')[0] ?? ''}`)
    const sent = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    expect(new Set(copied)).toEqual(new Set(sent))
  })
})
