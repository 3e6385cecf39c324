import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { stringify } from 'yaml'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

const names = ['cafe', 'gym', 'zoo'] as const
type Name = (typeof names)[number]

describe('a folder of three connectors, one of which has a revoked key', () => {
  let temporal: DevServer
  let workspace: Workspace
  let folder: string
  const apis = new Map<Name, InProcessReferenceApi>()
  const environment: Record<string, string> = {}
  const apiOf = (name: Name) => {
    const api = apis.get(name)
    if (api === undefined) throw new Error(`no API of ${name}`)
    return api
  }
  const fileOf = (name: Name) => join(folder, `${name}.duckdb`)
  const idsOf = async (name: Name) => [...(await apiOf(name).scanIds())].toSorted()
  const qrsync = (...words: string[]) =>
    runQrsync([...words, '--config', folder], { temporalAddress: temporal.address, environment })
  const jsonLines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
    workspace = createWorkspace()
    folder = join(workspace.folder, 'clients')
    mkdirSync(folder)
    for (const name of names) {
      const api = await startReferenceApi({ codes: 5, scans: 120, plan: 'pro' })
      apis.set(name, api)
      const variable = `KEY_${name.toUpperCase()}`
      environment[variable] = name === 'gym' ? `qrs_${'0'.repeat(64)}` : api.key
      writeFileSync(
        join(folder, `${name}.yaml`),
        stringify({
          connector: name,
          source: { url: `${api.url}/api/v1`, key: `\${${variable}}` },
          destinations: { rows: { type: 'duckdb', path: `${name}.duckdb` } },
          schedule: { every: '1h' },
        }),
      )
    }
  })
  afterAll(async () => {
    workspace[Symbol.dispose]()
    for (const api of apis.values()) await api.close()
    await temporal.stop()
  })

  it('apply --dry-run shows the changes for each, one line of JSON each, and apply makes them', async () => {
    const wanted = await qrsync('apply', '--dry-run', '--json').ended
    expect(wanted.code, wanted.stderr).toBe(0)
    const lines = jsonLines(wanted.stdout)
    expect(lines.map(({ connector }) => connector)).toEqual(names)
    expect(lines[0]).toMatchObject({
      dry_run: true,
      schedule: ['create Schedule qrsync/cafe/schedule: every 1h'],
      search_attributes: [expect.stringContaining('QrsyncConnector')],
    })
    expect((await qrsync('apply').ended).code).toBe(0)
    const after = await qrsync('upgrade', '--check', '--json').ended
    expect(after.code, after.stdout).toBe(0)
    expect(jsonLines(after.stdout)).toMatchObject(
      names.map((connector) => ({ connector, is_up_to_date: true, schedule: [], search_attributes: [] })),
    )
    const { stdout } = await qrsync('apply', '--dry-run').ended
    expect(stdout).toBe(
      names
        .map((name) => `${name}, rows: nothing to change\n${name}, Schedule: nothing to change\n`)
        .join('') + 'Temporal: nothing to change\n',
    )
  })

  it('one worker serves them, and the failure of one affects no other', async () => {
    const worker = qrsync('worker', '--json')
    try {
      await said(worker, 'The worker of qrsync/clients is running for cafe, gym, zoo')
      const [cafe, gym, zoo] = await Promise.all(
        names.map(
          (name) =>
            runQrsync(['sync', '--now', '--config', join(folder, `${name}.yaml`)], {
              temporalAddress: temporal.address,
              environment,
            }).ended,
        ),
      )
      expect(cafe?.code, cafe?.stderr).toBe(0)
      expect(zoo?.code, zoo?.stderr).toBe(0)
      expect(gym?.code).toBe(1)
      expect(gym?.stderr).toMatch(/^API_KEY_REJECTED: /m)
      expect(gym?.stderr).not.toMatch(/^ +at /m)
      for (const name of ['cafe', 'zoo'] as const) {
        expect(await scanIdsIn(fileOf(name)), name).toEqual(await idsOf(name))
      }
      expect((await apiOf('gym').audit()).accepted).toBe(0)
    } finally {
      worker.process.kill('SIGTERM')
    }
    const { code, stdout } = await worker.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ connectors: [...names], task_queue: 'qrsync/clients' })
  })

  it('up syncs those that can run, and reports the one that cannot', async () => {
    const { code, stdout, stderr } = await qrsync('up', '--once').ended
    expect(code, stderr).toBe(0)
    expect(
      jsonLines(stdout)
        .map(({ connector, scans }) => [connector, scans])
        .toSorted(),
    ).toEqual([
      ['cafe', 120],
      ['zoo', 120],
    ])
    expect(stderr).toMatch(/^gym: API_KEY_REJECTED: /m)
  })

  it('with a valid key, the next start fetches the missing rows', async () => {
    environment['KEY_GYM'] = apiOf('gym').key
    const { code, stdout, stderr } = await qrsync('up', '--once').ended
    expect(code, stderr).toBe(0)
    expect(jsonLines(stdout)).toHaveLength(3)
    expect(await scanIdsIn(fileOf('gym'))).toEqual(await idsOf('gym'))
    const table = (await qrsync('status').ended).stdout
    for (const name of names) expect(table).toMatch(new RegExp(`│ ${name} +│ .* │ now +│ +0 │`))
  })
})

async function said({ process: { stderr } }: ConnectorProcess, text: string): Promise<void> {
  let all = ''
  stderr?.on('data', (chunk: Buffer) => (all += chunk.toString()))
  await until(() => all.includes(text))
}
