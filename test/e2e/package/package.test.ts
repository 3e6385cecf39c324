import { globSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
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
} from '../../support/processes/packed-package.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

const root = join(import.meta.dirname, '../../..')
const { version } = packageJson
const oldestNode = `${packageJson.engines.node.replace('>=', '')}.0`

let packed: PackedPackage
beforeAll(async () => {
  packed = await packPackage()
}, 300_000)
afterAll(() => {
  packed[Symbol.dispose]()
})

/** Sources that only a checkout has a use for: the demo, and what makes the schema and parts of the documentation. */
const ofCheckout = /^src\/(demo\/|config\/(generate|generated-files|settings-tables)\.ts$)/

describe('the package', () => {
  it('holds the command, JavaScript of the connector, the bundles of its workflows, and nothing else', () => {
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
      'dist/workflows/traced-bundle.js',
      ...built,
    ]
    expect(packed.files).toEqual(meant.sort())
  })

  it('tells nothing of the machine that it was built on', () => {
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
  let temporal: DevServer
  let api: InProcessReferenceApi
  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    api = await startReferenceApi({ codes: 12, scans: 400, plan: 'pro' })
  })
  afterAll(async () => {
    await api.close()
    await temporal.stop()
  })

  const quietly = ['--prefer-offline', '--no-fund', '--no-audit', '--loglevel=error']

  it.each([
    { how: 'with npx, on the Node of this repository', node: process.version.slice(1), isGlobal: false },
    { how: 'as a command of its own, on the oldest Node', node: oldestNode, isGlobal: true },
  ])('the rows of an account arrive in DuckDB: $how', { timeout: 600_000 }, async ({ node, isGlobal }) => {
    await using collector = await startOtlpReceiver()
    using place = emptyPlace(await nodeOfVersion(node))
    const environment = {
      QRCS_API_URL: `${api.url}/api/v1`,
      QRCS_API_KEY: api.key,
      // Without an address it starts a server of its own. Traces are of a bundle of their own.
      ...(isGlobal ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } : { TEMPORAL_ADDRESS: temporal.address }),
    }
    const where = isGlobal ? ['--global', '--prefix', place.folder] : []
    await place.run('npm', ['install', ...quietly, ...where, packed.tarball])
    const qrsync = (...words: string[]) =>
      isGlobal ? place.run('qrsync', words, environment) : place.run('npx', ['qrsync', ...words], environment)

    expect(await place.run('node', ['--version'])).toBe(`v${node}\n`)
    expect(await qrsync('--version')).toBe(`${version}\n`)
    await qrsync('init', '--yes')
    const printed = await qrsync('up', '--once')
    const result = JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as SyncResult
    const duckdb = join(place.folder, 'qr-codes.duckdb')
    expect(result).toMatchObject({ codes: 12, scans: 400, refused: 0, duckdb })
    expect(new Set(await scanIdsIn(duckdb))).toEqual(await api.scanIds())
    expect(collector.spans.some(({ name }) => name === 'RunWorkflow:sync')).toBe(isGlobal)
    expect(await qrsync('status')).toMatch(/ warehouse +│ duckdb +│ complete /)
  })
})
