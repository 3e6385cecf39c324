import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { createProgram } from '../../../src/cli/program.ts'
import { loadConfig } from '../../../src/config/load-config.ts'

const root = join(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const base = (file: string): unknown => parse(read(`deploy/kubernetes/${file}`))

interface Container {
  image: string
  args: string[]
  env?: { name: string }[]
  ports?: { name: string; containerPort: number }[]
  resources: { requests: object; limits: object }
  securityContext: object
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
  startupProbe?: Probe
  readinessProbe?: Probe
  livenessProbe?: Probe
}
interface Probe {
  httpGet: { path: string; port: string }
}
interface Workload {
  spec: {
    replicas?: number
    strategy?: object
    selector?: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string> }
      spec: {
        automountServiceAccountToken: boolean
        terminationGracePeriodSeconds?: number
        securityContext: object
        containers: [Container]
        volumes: { name: string; secret?: { secretName: string }; configMap?: object; emptyDir?: object }[]
      }
    }
  }
}

const worker = base('worker.yaml') as Workload
const apply = base('apply.yaml') as Workload
const selected = { 'app.kubernetes.io/name': 'qrsync', 'app.kubernetes.io/component': 'worker' }

describe.each([
  ['the worker', worker],
  ['the Job', apply],
])('%s', (_name, { spec }) => {
  const pod = spec.template.spec
  const [container] = pod.containers

  it('runs a command that exists, on the config file and the secrets that are mounted', () => {
    const [command, ...words] = container.args
    const found = createProgram().commands.find((each) => each.name() === command)
    expect(found?.parseOptions(words)).toEqual({ operands: [], unknown: [] })
    expect(words.at(-1)).toBe('/etc/qrsync/qrsync.yaml')
    const paths = container.volumeMounts.map(({ mountPath, readOnly = false }) => [mountPath, readOnly])
    expect(Object.fromEntries(paths)).toEqual({
      '/etc/qrsync': true,
      '/run/secrets/qrsync': true,
      '/tmp': false,
      '/var/lib/qrsync': false,
    })
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name))
  })

  it('gets its secrets as files, and none in its environment', () => {
    expect(pod.volumes.find(({ name }) => name === 'secrets')?.secret?.secretName).toBe('qrsync')
    const variables = (container.env ?? []).map(({ name }) => name)
    expect(variables.filter((name) => !['LOG_LEVEL', 'LOG_FORMAT'].includes(name))).toEqual([])
    expect(JSON.stringify(spec)).not.toMatch(/secretKeyRef|envFrom/)
  })

  it('has no rights that it does not need', () => {
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(read('Dockerfile')).toContain('USER 1000:1000')
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('is limited, and says what it needs', () => {
    expect(container.resources.limits).toMatchObject({ memory: '1Gi' })
    expect(container.resources.requests).toHaveProperty('cpu')
  })
})

it('probes paths that the worker serves, at the port of the config file and the image', () => {
  const [container] = worker.spec.template.spec.containers
  const served = [...read('src/observability/start-observability.ts').matchAll(/^ +'(\/\w+)': async/gm)]
  const paths = served.map(([, path]) => path)
  expect(paths).toContain('/healthz')
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    expect(probe?.httpGet.port).toBe('metrics')
    expect(paths).toContain(probe?.httpGet.path)
  }
  // It fails while the ledger is away.
  expect(container.livenessProbe?.httpGet.path).not.toBe('/healthz')
  expect(container.ports).toEqual([{ name: 'metrics', containerPort: 9464 }])
  expect(read('Dockerfile')).toContain('EXPOSE 9464')
  expect(read('deploy/kubernetes/network-policy.yaml')).toContain('port: 9464')
})

it('replaces all workers of a version at once, keeps one while nodes are drained, and gives each time to stop', () => {
  expect(worker.spec.strategy).toEqual({ type: 'Recreate' })
  expect(worker.spec.replicas).toBeGreaterThan(1)
  expect(worker.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30)
  expect(worker.spec.selector?.matchLabels).toEqual(selected)
  expect(worker.spec.template.metadata.labels).toEqual(selected)
  const budget = base('disruption-budget.yaml') as { spec: object }
  expect(budget.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: selected } })
  const policy = base('network-policy.yaml') as { spec: { podSelector: object; policyTypes: string[] } }
  expect(policy.spec.podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'qrsync' } })
  expect(policy.spec.policyTypes).toEqual(['Ingress', 'Egress'])
})

it('uses the image of this version, as the release workflow tags it', () => {
  const { images, resources } = base('kustomization.yaml') as {
    images: { name: string; newTag: string }[]
    resources: string[]
  }
  expect(images).toEqual([{ name: 'qrsync', newTag: packageJson.version }])
  expect(read('.github/workflows/release.yml')).toMatch(
    /tags: \S+ *\S*github\.repository \}\}:\$\{\{ needs\.build\.outputs\.version \}\}/,
  )
  expect(resources.length).toBe(4)
  for (const { spec } of [worker, apply]) expect(spec.template.spec.containers[0].image).toBe('qrsync')
})

it('has a valid config file, whose secrets docs/deploying.md names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-kubernetes-'))
  const text = read('deploy/kubernetes/qrsync.yaml')
  const names = [...text.matchAll(/\$\{file:\/run\/secrets\/qrsync\/(\w+)\}/g)].map(([, name = '']) => name)
  expect(names).toEqual(['api_key', 'database_url', 'ledger_url'])
  const docs = read('docs/deploying.md')
  for (const name of names) {
    expect(docs).toContain(`--from-file=${name}`)
    const value =
      name === 'api_key' ? `qrs_${'0'.repeat(64)}` : `postgres://u:p@db/${name}?sslmode=verify-full`
    writeFileSync(join(folder, name), value)
  }
  const file = join(folder, 'qrsync.yaml')
  writeFileSync(file, text.replaceAll('/run/secrets/qrsync', folder))
  const config = loadConfig(file, {})
  rmSync(folder, { recursive: true })
  expect(config.ledger.location).toBe('postgres://u:p@db/ledger_url?sslmode=verify-full')
  expect(config.observability).toMatchObject({ metrics_port: 9464, metrics_host: '0.0.0.0' })
})
