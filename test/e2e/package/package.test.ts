import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { stringify } from 'yaml'
import packageJson from '../../../package.json' with { type: 'json' }
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startOtlpReceiver } from '../../support/observability/otlp-receiver.ts'
import type { SyncResult } from '../../support/processes/connector-process.ts'
import {
  emptyPlace,
  nodeOfVersion,
  packPackage,
  type PackedPackage,
  type Place,
} from '../../support/processes/packed-package.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

const root = join(import.meta.dirname, '../../..')
const { version } = packageJson
const oldestNode = `${packageJson.engines.node.replace('>=', '')}.0`
/** CI names more of them. */
const nodes = [oldestNode, ...(process.env['MORE_NODES'] ?? '').split(' ').filter(Boolean)]

let packed: PackedPackage
beforeAll(async () => {
  packed = await packPackage()
}, 300_000)
afterAll(() => {
  packed[Symbol.dispose]()
})

/** Sources that only a checkout needs: the demo, and what generates the schema and parts of the documentation. */
const ofCheckout =
  /^src\/(demo\/|config\/(generate|generated-files|settings-tables)\.ts$|cli\/json\/(?!to-json-names))/

describe('the package', () => {
  it('contains the command, JavaScript of the connector, the workflow bundles and types, and nothing else', () => {
    const sources = globSync('{src,activities,workflows}/**/*.ts', { cwd: root })
    const built = sources
      .filter((file) => !ofCheckout.test(file))
      .map((file) => `dist/${file.replace(/ts$/, 'js')}`)
    const meant = [
      'LICENSE',
      'README.md',
      'bin/qrsync.js',
      'package.json',
      'qrsync.schema.json',
      'dist/workflows/bundle.js',
      'dist/workflows/encrypted-bundle.js',
      'dist/workflows/encrypted-traced-bundle.js',
      'dist/workflows/traced-bundle.js',
      ...built,
    ]
    expect(packed.files.filter((file) => !file.endsWith('.d.ts'))).toEqual(meant.sort())
    const typed = packed.files.filter((file) => file.endsWith('.d.ts'))
    expect(typed).toContain('dist/src/index.d.ts')
    // Modules that no program can import have no types: of the ledger, the worker, the commands.
    expect(
      typed.filter((file) => !/^dist\/src\/(api|config|destinations|model|streams|index)\b/.test(file)),
    ).toEqual([])
    expect(typed.length).toBeLessThan(30)
  })

  it('reveals nothing about the machine that built it', () => {
    const ofMachine = [root, homedir()]
    const telling = packed.files.filter((file) => {
      const text = readFileSync(join(packed.folder, file), 'utf8')
      const [, map = ''] = /sourceMappingURL=data:[^,]+,(\S+)/.exec(text) ?? []
      const all = text + Buffer.from(map, 'base64').toString()
      return ofMachine.some((folder) => all.includes(folder))
    })
    expect(telling).toEqual([])
  })
})

describe('installed into an empty folder', () => {
  const quietly = ['--prefer-offline', '--no-fund', '--no-audit', '--loglevel=error']
  let temporal: DevServer
  let api: InProcessReferenceApi
  let place: Place
  /** What a shell of the user holds. */
  let environment: Record<string, string>

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes: 3, scans: 200, plan: 'pro' })
    environment = {
      QRCS_API_URL: `${api.url}/api/v1`,
      QRCS_API_KEY: api.key,
      TEMPORAL_ADDRESS: temporal.address,
    }
    place = emptyPlace(await nodeOfVersion(process.version.slice(1)))
    await place.run('npm', ['install', ...quietly, packed.tarball])
  }, 600_000)
  afterAll(async () => {
    place[Symbol.dispose]()
    await api.close()
    await temporal.stop()
  })

  async function expectRows(printed: string, folder: string): Promise<void> {
    const result = JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as SyncResult
    expect(result).toMatchObject({ scans: 200, undelivered: [] })
    const ids = await scanIdsIn(join(folder, 'qr-codes.duckdb'))
    expect(ids).toEqual([...(await api.scanIds())].toSorted())
  }

  it('init and up deliver the rows of an account to DuckDB', async () => {
    const qrsync = (...words: string[]) => place.run('npx', ['qrsync', ...words], environment)
    expect(await qrsync('--version')).toBe(`${version}\n`)
    await qrsync('init', '--yes')
    await expectRows(await qrsync('up', '--once'), place.folder)
    expect(await qrsync('status')).toMatch(/ warehouse +│ duckdb +│ complete /)
  })

  it.each(nodes)(
    'so does the global command on Node %s, with its own Temporal server, and with traces',
    async (node) => {
      await using collector = await startOtlpReceiver()
      using elsewhere = emptyPlace(await nodeOfVersion(node))
      const { QRCS_API_URL = '', QRCS_API_KEY = '' } = environment
      const own = { QRCS_API_URL, QRCS_API_KEY, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
      const qrsync = (...words: string[]) => elsewhere.run('qrsync', words, own)
      await elsewhere.run('npm', [
        'install',
        ...quietly,
        '--global',
        '--prefix',
        elsewhere.folder,
        packed.tarball,
      ])
      expect(await elsewhere.run('node', ['--version'])).toBe(`v${node}\n`)
      await qrsync('init', '--yes')
      await expectRows(await qrsync('up', '--once'), elsewhere.folder)
      expect(collector.spans.map(({ name }) => name)).toContain('RunWorkflow:sync')
    },
  )

  it('so do the files of the image, which the Dockerfile names', async () => {
    const lastStage =
      readFileSync(join(root, 'Dockerfile'), 'utf8')
        .split(/^FROM /m)
        .at(-1) ?? ''
    const image = join(place.folder, 'image')
    mkdirSync(image)
    for (const [, from, ...words] of lastStage.matchAll(/^COPY (?:--from=(\w+) )?(.+)$/gm)) {
      const paths = words
        .join(' ')
        .split(' ')
        .slice(0, -1)
        .map((path) => path.replace('/opt/qrsync/', ''))
      for (const path of paths) {
        // Installed packages are linked from here; what was built was built for the package.
        if (from === 'dependencies') symlinkSync(join(place.folder, path), join(image, path))
        else cpSync(join(root, path), join(image, path), { recursive: true })
      }
    }
    const [, entrypoint = ''] = /^ENTRYPOINT (.+)$/m.exec(lastStage) ?? []
    const [program = '', ...words] = JSON.parse(entrypoint) as string[]
    const script = words.pop() ?? ''
    const qrsync = (...given: string[]) =>
      place.run(program, [...words, join(image, script), ...given, '--config', 'image.yaml'], environment)
    await qrsync('init', '--yes', '--connector', 'image')
    await expectRows(await qrsync('up', '--once'), place.folder)
  })

  it('so does a program that imports it', async () => {
    const program = join(place.folder, 'program')
    cpSync(join(root, 'examples/program'), program, { recursive: true })
    const printed = await place.run('node', ['program/sync-once.js'], environment)
    await expectRows(printed, place.folder)
  })

  it('delivers to a destination that another package adds', async () => {
    const given: { authorization: string | undefined; rows: { id: string }[] }[] = []
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        const { authorization } = request.headers
        given.push({ authorization, rows: (body as { rows: { id: string }[] }).rows })
        response.end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scans`
    const config = {
      connector: 'hooked',
      source: { key: '${QRCS_API_KEY}', url: '${QRCS_API_URL}' },
      destinations: { hook: { type: 'qrsync-destination-webhook', url, token: '${WEBHOOK_TOKEN}' } },
      ledger: { path: 'hooked.sqlite' },
    }
    writeFileSync(join(place.folder, 'hooked.yaml'), stringify(config))
    const webhook = join(root, 'examples/qrsync-destination-webhook')
    await place.run('npm', ['install', ...quietly, '--install-links', webhook])

    const run = (...words: string[]) =>
      place.run('npx', ['qrsync', ...words, '--config', 'hooked.yaml'], {
        ...environment,
        WEBHOOK_TOKEN: 'a-token',
      })
    expect(await run('check')).toContain(`hook: Webhook ${url}`)
    await run('up', '--once')
    server.close()
    expect(new Set(given.flatMap(({ rows }) => rows.map(({ id }) => id)))).toEqual(await api.scanIds())
    expect(new Set(given.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer a-token']))
    expect(await run('status')).toMatch(/ hook +│ qrsync-destination-webhook +│ complete /)
  })

  it('has types that need no other package', async () => {
    writeFileSync(join(place.folder, 'program.mts'), typedProgram)
    const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2024', skipLibCheck: false }
    const types = join(root, 'node_modules/@types')
    writeFileSync(
      join(place.folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...options,
          exactOptionalPropertyTypes: true,
          types: ['node'],
          typeRoots: [types],
        },
        files: ['program.mts'],
      }),
    )
    const compiler = join(root, 'node_modules/typescript-7/bin/tsc')
    const compile = () =>
      place
        .run('node', [compiler, '-p', '.'])
        .catch((error: unknown) => String(Reflect.get(error as object, 'stdout')))
    expect(await compile()).toBe('')
    writeFileSync(join(place.folder, 'program.mts'), typedProgram.replace('api: 1', 'api: 2'))
    expect(await compile()).toMatch(
      /^program\.mts\(\d+,3\): error TS2322: Type '2' is not assignable to type '1'/,
    )
  })
})

const typedProgram = `
import { createConnector, defineVendor, z, type Connector, type Destination, type SyncReport } from 'qrsync'

const settings = z.strictObject({ type: z.literal('mine'), file: z.string() })
const takes = { streams: ['scans'] as const, gatherMs: 0 }
const open = (file: string): Destination => ({
  ...takes,
  batch: { rows: 10, characters: 1_000 },
  check: async () => ({ identity: file, needs: [] }),
  plan: async () => [],
  apply: async () => [],
  identity: async () => file,
  close: async () => {},
  async *write(_stream, rows) {
    yield rows.map(({ id }) => ({ id, is: 'confirmed' as const }))
  },
})
const mine = defineVendor({
  api: 1,
  type: 'mine',
  settings,
  paths: ['file'],
  where: ({ file }) => file,
  takes: () => takes,
  open: async (_name, { file }) => open(file),
})
const connector: Connector = await createConnector({
  config: {
    connector: 'typed',
    source: { key: 'qrs_' },
    schedule: { every: '1h' },
    destinations: { mine: { type: 'mine', file: 'rows' } },
  },
  vendors: [mine],
})
const report: SyncReport = await connector.sync()
console.log(report.scans)
await connector.stop()
`
