import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { clearLockedPorts } from 'get-port'
import { describe, expect, inject, it } from 'vitest'
import { startDevServer } from '../../../src/temporal/server/dev-server.ts'
import { names } from '../../../src/temporal/names.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type RunOptions,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const timeout = 240_000
const schedule = names.schedule('test')

/** What a process has written to stderr so far, and a way to wait for more. */
class Stderr {
  text = ''
  readonly #run: ConnectorProcess

  constructor(run: ConnectorProcess) {
    this.#run = run
    run.process.stderr?.on('data', (chunk: Buffer) => (this.text += chunk.toString()))
  }

  async until(shown: string | RegExp): Promise<void> {
    const hasEnded = () => this.#run.process.exitCode !== null
    await until(() => this.text.match(shown) !== null || hasEnded())
    expect(this.text).toMatch(shown)
  }

  /** What the core of Temporal's SDK has logged, as JSON. */
  ofCore(): string[] {
    return this.text.split('\n').filter((line) => line.includes('"sdkComponent":"core"'))
  }
}

/** Runs `qrsync …` until the test is over, however it ends. */
class Runs implements AsyncDisposable {
  readonly #runs: ConnectorProcess[] = []
  readonly #workspace: Workspace
  readonly #options: RunOptions

  constructor(workspace: Workspace, options: RunOptions) {
    this.#workspace = workspace
    this.#options = options
  }

  start(command: string): { run: ConnectorProcess; stderr: Stderr } {
    const run = runQrsync([...command.split(' '), '--config', this.#workspace.config], this.#options)
    this.#runs.push(run)
    return { run, stderr: new Stderr(run) }
  }

  end(command: string) {
    return this.start(command).run.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run.kill()
  }
}

async function scanAll(api: InProcessReferenceApi): Promise<void> {
  const scanned_at = new Date().toISOString()
  await api.insertScans((await listQrCodes(api)).map(({ id }) => ({ qr_code_id: id, scanned_at })))
}

const allScans = async (api: InProcessReferenceApi) => [...(await api.scanIds())].sort()

/** A `temporal` command that leaves its process id in a file. */
function tracedTemporal(folder: string): { path: string; pid: () => number } {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const file = join(bin, 'temporal')
  writeFileSync(file, `#!/bin/sh\necho $$ > "$0.pid"\nexec "${inject('temporalExecutable')}" "$@"\n`)
  chmodSync(file, 0o755)
  return {
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    pid: () => Number(readFileSync(`${file}.pid`, 'utf8')),
  }
}

describe('the Temporal server that "up" has started', () => {
  it(
    'is started again if it dies, is the only one of its folder, and is no longer used once "up" was killed',
    { timeout },
    async () => {
      using workspace = createWorkspace()
      const api = await startReferenceApi({ codes: 3, scans: 30 })
      const temporal = tracedTemporal(workspace.folder)
      await using qrsync = new Runs(workspace, { api, environment: { PATH: temporal.path } })
      try {
        const { run: up, stderr } = qrsync.start('up')
        await stderr.until('Ctrl-C stops')

        const second = await qrsync.end('up')
        expect(second.code).toBe(1)
        expect(second.stderr).toContain(
          `ALREADY_RUNNING: "qrsync up" is already running in ${workspace.folder}`,
        )
        expect(second.stderr).toContain(`(process ${String(up.process.pid)}, since `)
        expect(second.stderr).toContain('To add a worker, start "qrsync worker"')
        // The second process has taken nothing from the first.
        const before = await qrsync.end('status --json')
        expect(JSON.parse(before.stdout)).toMatchObject({ temporal_error: null })

        const killed = temporal.pid()
        process.kill(killed, 'SIGKILL')
        await stderr.until(/The Temporal server at 127\.0\.0\.1:\d+ has ended.*Starting it again\./)
        await stderr.until('The Temporal server is running again at 127.0.0.1:')
        expect(temporal.pid()).not.toBe(killed)
        await scanAll(api)
        const synced = await qrsync.end('sync --now')
        expect(synced).toMatchObject({ code: 0 })
        expect(await scanIdsIn(workspace.duckdb)).toEqual(await allScans(api))
        expect(stderr.ofCore()).toEqual([])

        await up.kill()
        const note = join(workspace.folder, 'up.json')
        expect(existsSync(note)).toBe(true)
        const stale = await qrsync.end('pause')
        expect(stale).toMatchObject({ code: 1 })
        expect(stale.stderr).toContain(`(process ${String(up.process.pid)}, started `)
        expect(stale.stderr).toContain('ended without removing its note')
      } finally {
        await api.close()
      }
    },
  )
})

describe('a Temporal server that qrsync does not run', () => {
  it(
    'comes back empty: the waiting command reports it, and the running "up" creates everything that is missing',
    { timeout },
    async () => {
      using workspace = createWorkspace({ schedule: { every: '6h' } })
      const api = await startReferenceApi({ codes: 3, scans: 30 })
      await using opened = new AsyncDisposableStack()
      const executable = inject('temporalExecutable')
      // Not the default ports: while it is stopped, a server of another test might take them.
      let temporal = await startDevServer({ executable, preferredPorts: [27_233, 28_233] })
      opened.defer(() => temporal.stop())
      const ports = [temporal.address, temporal.uiUrl].map((url) => Number(url.split(':').at(-1)))
      const [port = NaN, uiPort = NaN] = ports
      const { address } = temporal
      const qrsync = opened.use(new Runs(workspace, { api, temporalAddress: address }))
      try {
        const { run: up, stderr } = qrsync.start('up')
        await stderr.until('Ctrl-C stops')

        // A call that the API does not answer keeps the sync waiting.
        await scanAll(api)
        await api.setLimits({ per_minute: 0, per_month: 5_000 })
        const waiting = qrsync.start('sync --now')
        await waiting.stderr.until(/scans/)
        await temporal.stop()
        await waiting.stderr.until(`Temporal at ${address} does not answer; retrying for 1 minute.`)
        await stderr.until(`Temporal at ${address} does not answer; retrying.`)

        await api.setLimits({ per_minute: 600, per_month: 5_000 })
        clearLockedPorts()
        temporal = await startDevServer({ executable, ports: [port, uiPort] })
        await stderr.until('qrsync created it again, and it runs now')
        await stderr.until(`Temporal at ${address} answers again`)
        const waited = await waiting.run.ended
        expect(waited, waited.stderr).toMatchObject({ code: 0 })
        expect(await scanIdsIn(workspace.duckdb)).toEqual(await allScans(api))
        expect(stderr.ofCore()).toEqual([])

        const connection = await Connection.connect({ address })
        opened.defer(() => connection.close())
        const client = new Client({ connection })
        const { customAttributes } = await connection.operatorService.listSearchAttributes({
          namespace: 'default',
        })
        expect(Object.keys(customAttributes)).toContain('QrsyncOutcome')

        // A deleted Schedule is created again too, and runs at once. "up" is frozen until the test has seen it
        // missing.
        await stderr.until('Ctrl-C stops')
        up.process.kill('SIGSTOP')
        await client.schedule.getHandle(schedule).delete()
        const refused = await qrsync.end('sync')
        expect(refused).toMatchObject({ code: 1 })
        expect(refused.stderr).toContain(`TEMPORAL_UNREACHABLE: The Temporal server at ${address}`)
        expect(refused.stderr).toContain(`has no Schedule ${schedule}`)
        expect(refused.stderr).toContain('Run "qrsync up", or "qrsync apply"')
        up.process.kill('SIGCONT')
        await until(async () =>
          client.schedule
            .getHandle(schedule)
            .describe()
            .then(
              ({ info }) => info.recentActions.length > 0,
              () => false,
            ),
        )
      } finally {
        await api.close()
      }
    },
  )

  it(
    'without the namespace is an error that says what to do, in every command that uses it',
    { timeout },
    async () => {
      using workspace = createWorkspace({ connector: 'test' })
      const api = await startReferenceApi({ codes: 2, scans: 4 })
      const temporal = await startDevServer({ executable: inject('temporalExecutable') })
      const { address } = temporal
      await using qrsync = new Runs(workspace, { api, temporalAddress: address })
      try {
        expect(await qrsync.end('up --once')).toMatchObject({ code: 0 })
        workspace.configure({ temporal: { address, namespace: 'nowhere' } })
        const commands = ['up --once', 'worker', 'apply --yes', 'sync', 'sync --now', 'pause', 'resume']
        for (const command of [...commands, 'backfill run', 'deliver --destination duckdb']) {
          const { code, stderr } = await qrsync.end(command)
          expect({ command, code, stderr }).toMatchObject({
            code: 1,
            stderr: expect.stringContaining(
              `TEMPORAL_UNREACHABLE: The Temporal server at ${address} has no namespace nowhere. Create it there`,
            ) as string,
          })
        }
        const { stdout } = await qrsync.end('status --json')
        expect(JSON.parse(stdout)).toMatchObject({
          temporal_error: expect.stringContaining('has no namespace nowhere') as string,
        })
      } finally {
        await temporal.stop()
        await api.close()
      }
    },
  )
})
