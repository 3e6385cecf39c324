import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createDuckDbDestination } from '../../../src/destinations/duckdb/duckdb-destination.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { startDevServer } from '../../../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../../../src/temporal/server/find-executable.ts'
import { lockForUp } from '../../../src/temporal/server/up-lock.ts'
import { describeRisks } from '../../../src/worker/describe-risks.ts'
import { apiKey } from '../../support/config-text.ts'

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-files-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('ledger, DuckDB file, Temporal’s database and notes are for their owner only, whatever the umask', async () => {
  const before = process.umask(0)
  onTestFinished(() => {
    process.umask(before)
  })
  const root = makeFolder()
  const folder = join(root, 'state')
  const ledger = await openLedger(join(folder, 'ledger.sqlite'))
  const duckdb = createDuckDbDestination({ name: 'd', path: join(folder, 'files', 'a.duckdb') })
  await duckdb.apply()
  const lock = lockForUp({ folder, connectors: ['a'], startsServer: true })
  const server = await startDevServer({
    executable: inject('temporalExecutable'),
    databaseFile: join(folder, 'temporal.sqlite'),
  })
  const wide = async () => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return (
      entries
        .map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }))
        .filter(({ path, isFile }) => modeOf(path) !== (isFile ? '600' : '700'))
        // DuckDB's log is there while the file is open; the folder keeps others out.
        .filter(({ path }) => !path.endsWith('.wal'))
        .map(({ path }) => `${path} ${modeOf(path)}`)
    )
  }
  expect(await wide()).toEqual([])
  await duckdb.close()
  await ledger.destroy()
  lock[Symbol.dispose]()
  await server.stop()
  expect(await wide()).toEqual([])
})

test('files that are wider are reported, and left as they are', async () => {
  const folder = makeFolder()
  const file = join(folder, 'qrsync.yaml')
  const text = `connector: a\nsource: {key: ${apiKey}}\nledger: {path: ledger.sqlite}\ndestinations: {d: {type: duckdb, path: d.duckdb}}\n`
  writeFileSync(file, text)
  const config = loadConfig(file, {})
  expect(await describeRisks([config])).toEqual([])
  for (const name of ['ledger.sqlite', 'd.duckdb', 'temporal.sqlite']) {
    writeFileSync(join(folder, name), '')
    chmodSync(join(folder, name), name === 'd.duckdb' ? 0o600 : 0o644)
  }
  const lines = await describeRisks([config])
  expect(lines).toHaveLength(2)
  expect(lines[0]).toContain(
    `${join(folder, 'ledger.sqlite')}: other users of this machine may open it (0644)`,
  )
  expect(modeOf(join(folder, 'ledger.sqlite'))).toBe('644')
})

test('a process that we start sees no secret', async () => {
  const folder = makeFolder()
  const seen = join(folder, 'seen')
  const command = join(folder, 'temporal')
  writeFileSync(command, `#!/bin/sh\nenv > ${seen}\necho 'temporal version 1.5.1 (Server 1.29.1)'\n`)
  chmodSync(command, 0o755)
  process.env['QRCS_API_KEY'] = apiKey
  process.env['LEDGER_PASSWORD'] = 'swordfish'
  process.env['GOOGLE_API_KEY'] = 'swordfish'
  onTestFinished(() => {
    delete process.env['QRCS_API_KEY']
    delete process.env['LEDGER_PASSWORD']
    delete process.env['GOOGLE_API_KEY']
  })
  const found = await findTemporalExecutable({ onProgress: () => undefined, searchPath: folder })
  expect(found.path).toBe(command)
  expect(readFileSync(seen, 'utf8')).toMatch(/^PATH=/m)
  expect(readFileSync(seen, 'utf8')).not.toMatch(/swordfish|qrs_/)
  await expect(startDevServer({ executable: command }))
    .rejects.toThrow('TEMPORAL_UNREACHABLE')
    .catch(() => undefined)
  expect(readFileSync(seen, 'utf8')).not.toMatch(/swordfish|qrs_/)
})

test('a cached server that somebody else could have changed, or that has changed, is not run', async () => {
  const cacheDirectory = makeFolder()
  const cached = join(cacheDirectory, 'temporal')
  const find = (download: (folder: string) => void) =>
    findTemporalExecutable({
      onProgress: () => undefined,
      searchPath: '',
      cacheDirectory,
      download: (folder) => Promise.resolve(folder).then(download),
    })
  const findAgain = () =>
    find(() => {
      throw new Error('it was downloaded again')
    })
  await find((folder) => {
    writeFileSync(join(folder, 'temporal'), '#!/bin/sh\n', { mode: 0o755 })
  })
  expect((await findAgain()).path).toBe(cached)
  chmodSync(cached, 0o777)
  await expect(findAgain()).rejects.toThrow('it was downloaded again')
  chmodSync(cached, 0o755)
  chmodSync(cacheDirectory, 0o777)
  await expect(findAgain()).rejects.toThrow('it was downloaded again')
  chmodSync(cacheDirectory, 0o700)
  expect((await findAgain()).path).toBe(cached)
  // Only root can give a file away. For anybody else, it is enough to be somebody else.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(cached, 12_345, 12_345)
  else vi.spyOn(process, 'getuid').mockReturnValue(12_345)
  await expect(findAgain()).rejects.toThrow('it was downloaded again')
  if (isRoot) chownSync(cached, 0, 0)
  vi.restoreAllMocks()
  expect((await findAgain()).path).toBe(cached)
  appendFileSync(cached, 'echo more\n')
  await expect(findAgain()).rejects.toThrow('it was downloaded again')
})
