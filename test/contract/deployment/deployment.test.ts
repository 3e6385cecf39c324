import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { run } from '../../support/tools/cached-tool.ts'
import { dockerCompose, hadolint, prometheusTools } from '../../support/tools/deployment-tools.ts'

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
  volumes?: { target: string }[]
  tmpfs?: string[]
}

const secrets = {
  QRCS_API_KEY: `qrs_${'0'.repeat(64)}`,
  LEDGER_PASSWORD: 'ledgerpassword',
  TEMPORAL_PASSWORD: 'temporalpassword',
  GRAFANA_PASSWORD: 'grafanapassword',
}

describe('docker-compose.yml', () => {
  let command: string
  beforeAll(async () => {
    command = await dockerCompose()
  }, toolsMs)

  /** The file as Docker Compose itself parses it, in a shell with only these variables. */
  async function config(variables: Record<string, string>, ...flags: string[]) {
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
    const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...variables }
    const { stdout } = await run(command, words, { cwd: root, env, maxBuffer: 2 ** 24 })
    return (JSON.parse(stdout) as { services: Record<string, Service> }).services
  }

  it('is valid, and contains the reference API only with the profile demo', async () => {
    const services = await config(secrets)
    const always = ['grafana', 'ledger', 'prometheus', 'temporal', 'temporal-database', 'temporal-namespace']
    expect(Object.keys(services).sort()).toEqual([...always, 'temporal-schema', 'temporal-ui', 'worker'])
    expect(Object.keys(await config(secrets, '--profile', 'demo'))).toContain('reference-api')
  })

  it.each(Object.keys(secrets))('names %s if it is missing', async (name) => {
    const others = Object.fromEntries(Object.entries(secrets).filter(([given]) => given !== name))
    await expect(config(others, '--profile', 'demo')).rejects.toThrow(
      `${name} is missing a value: set it in .env`,
    )
  })

  it('pins every image, has a health check for every service, and listens on this machine only', async () => {
    const services = await config(secrets, '--profile', 'demo')
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
    const services = await config(secrets, '--profile', 'demo')
    const images = Object.values(services).filter(({ build }) => build === undefined)
    expect(scanned).toEqual(expect.arrayContaining(images.map(({ image }) => image)))
    const bases = read('Dockerfile').match(/(?<=^FROM )\S+/gm) ?? []
    expect(scanned).toEqual(expect.arrayContaining(bases))
    expect(read('.github/workflows/vulnerabilities.yml')).toContain('$(deploy/list-images.sh)')
  })

  it('limits the memory and the log of every service', async () => {
    for (const [name, service] of Object.entries(await config(secrets, '--profile', 'demo'))) {
      expect(Number(service.mem_limit), name).toBeGreaterThan(100 * 2 ** 20)
      expect(service.logging, name).toEqual({
        driver: 'json-file',
        options: { 'max-size': '10m', 'max-file': '3' },
      })
    }
  })

  it('gives no service rights that it does not need', async () => {
    const services = await config(secrets, '--profile', 'demo')
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
    const services = await config(secrets, '--profile', 'demo')
    const on = (network: string) =>
      Object.keys(services)
        .filter((name) => Object.keys(services[name]?.networks ?? {}).includes(network))
        .sort()
    expect(on('ledger')).toEqual(['ledger', 'worker'])
    expect(on('outside')).toEqual(['grafana', 'prometheus', 'reference-api', 'temporal-ui', 'worker'])
    const { networks } = parse(read('docker-compose.yml')) as { networks: object }
    expect(networks).toEqual({ outside: null, ledger: { internal: true }, temporal: { internal: true } })
  })

  it('passes the worker every secret that an example of a setting names', async () => {
    const { worker } = await config(secrets)
    const named = [...read('qrsync.schema.json').matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
    // The ledger and Temporal are services of the file itself.
    const others = ['NAME', 'LEDGER_PASSWORD', 'TEMPORAL_API_KEY']
    const wanted = [...new Set(named)].filter((name) => !others.includes(name))
    expect(wanted.length).toBeGreaterThan(5)
    expect(Object.keys(worker?.environment ?? {})).toEqual(expect.arrayContaining(wanted))
  })

  it('reads secrets only from the environment, and .env.example lists them all', () => {
    const written = read('docker-compose.yml')
    const variables = [...written.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
    const named = [...read('.env.example').matchAll(/^(?:# )?(\w+)=/gm)].map(([, name = '']) => name)
    const haveDefaults = ['LOG_LEVEL', 'TEMPORAL_UI_PORT', 'PROMETHEUS_PORT', 'GRAFANA_PORT']
    expect(new Set(named)).toEqual(new Set(variables.filter((name) => !haveDefaults.includes(name))))
    expect(written).not.toMatch(/(PASSWORD|PWD|KEY): (?!\$\{)/)
  })

  it('gives the worker a valid config file, whose metrics port Prometheus scrapes', async () => {
    const { worker } = await config(secrets)
    expect(worker?.command).toEqual(['up', '--config', '/etc/qrsync/qrsync.yaml'])
    const loaded = loadConfig(join(root, 'deploy/qrsync.yaml'), worker?.environment ?? {})
    expect(loaded.ledger.location).toBe('postgres://qrsync:ledgerpassword@ledger:5432/qrsync?sslmode=disable')
    expect(loaded.observability).toMatchObject({ metrics_port: 9464, metrics_host: '0.0.0.0' })
    expect(read('deploy/prometheus/prometheus.yml')).toContain('port: 9464')
    expect(read('Dockerfile')).toContain('127.0.0.1:9464/healthz')
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

describe('Prometheus', () => {
  let promtool: string
  beforeAll(async () => {
    promtool = (await prometheusTools()).promtool
  }, toolsMs)

  it('accepts its config and the alert rules', async () => {
    const { stdout } = await run(promtool, [
      'check',
      'config',
      join(root, 'deploy/prometheus/prometheus.yml'),
    ])
    expect(stdout).toContain('18 rules found')
  })

  it('fires each alert when its condition holds, and not earlier', async () => {
    await run(promtool, ['test', 'rules', join(root, 'deploy/prometheus/alerts.test.yml')])
  })

  it('accepts every query of the dashboard', async () => {
    const dashboard = JSON.parse(read('deploy/grafana/dashboards/qrsync.json')) as {
      panels: { targets: { expr: string }[] }[]
    }
    const rules = dashboard.panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({ record: `query:${index}`, expr: expr.replaceAll('$connector', '.*') }))
    const folder = await mkdtemp(join(tmpdir(), 'qrsync-dashboard-'))
    const file = join(folder, 'rules.yml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    const { stdout } = await run(promtool, ['check', 'rules', file])
    expect(stdout).toContain(`${rules.length} rules found`)
    await rm(folder, { recursive: true })
  })
})
