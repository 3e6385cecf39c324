import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createConnector, defineVendor, z, type Connector, type ConnectorOptions } from '../../src/index.ts'
import { startDevServer, type DevServer } from '../../src/temporal/server/dev-server.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../support/reference-api/reference-api.ts'

let temporal: DevServer
let api: InProcessReferenceApi
let folder: string
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
  api = await startReferenceApi({ codes: 3, scans: 40, plan: 'pro' })
  folder = mkdtempSync(join(tmpdir(), 'qrsync-program-'))
})
afterAll(async () => {
  await api.close()
  await temporal.stop()
  rmSync(folder, { recursive: true })
})

const takes = { streams: ['scans'] as const, gatherMs: 0 }

/** A destination type that keeps ids in memory, and refuses one of them. */
function memory() {
  const kept = new Set<string>()
  const opened: unknown[] = []
  let refused: string | undefined
  const vendor = defineVendor({
    api: 1,
    type: 'memory',
    settings: z.strictObject({
      type: z.literal('memory'),
      size: z.int().positive(),
      token: z.string().max(9),
    }),
    secrets: { token: 'MEMORY_TOKEN' },
    where: () => 'this process',
    takes: () => takes,
    open: (name, settings) => {
      opened.push({ name, ...settings })
      return Promise.resolve({
        ...takes,
        batch: { rows: settings.size, characters: 100_000 },
        check: () => Promise.resolve({ identity: 'memory', needs: [] }),
        plan: () => Promise.resolve([]),
        apply: () => Promise.resolve([]),
        identity: () => Promise.resolve('memory'),
        close: () => Promise.resolve(),
        async *write(_stream, rows) {
          refused ??= rows[0]?.id
          for (const { id } of rows) if (id !== refused) kept.add(id)
          yield await Promise.resolve(
            rows.map(({ id }) =>
              id === refused ? { id, is: 'rejected', reason: 'too dull' } : { id, is: 'confirmed' },
            ),
          )
        },
      })
    },
  })
  return { vendor, kept, opened }
}

function options(given: Partial<ConnectorOptions> & { memory: object; key?: string }): ConnectorOptions {
  const { memory: settings, key = api.key, ...others } = given
  return {
    config: {
      connector: 'program',
      source: { key: '${KEY}', url: `${api.url}/api/v1` },
      destinations: { here: { type: 'memory', ...settings } },
      temporal: { address: temporal.address },
    },
    folder,
    environment: { KEY: key },
    ...others,
  }
}

describe('createConnector', () => {
  it('refuses a config that violates its schema or that of the vendor, and shows no secret', async () => {
    const { vendor } = memory()
    await expect(
      createConnector(options({ memory: { size: 0, token: 'a-secret-token' }, vendors: [vendor] })),
    ).rejects.toThrow(/^config: destinations\.here\.size: .*\nconfig: destinations\.here\.token: [^"]*$/)
    await expect(createConnector({ config: join(folder, 'absent.yaml') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  it('fails if the API fails, and leaves nothing behind that prevents the next start', async () => {
    const key = `qrs_${'0'.repeat(64)}`
    const given = options({ memory: { size: 10, token: 't' }, key, vendors: [memory().vendor] })
    await expect(createConnector(given)).rejects.toMatchObject({ code: 'API_KEY_REJECTED' })
    await expect(createConnector(given)).rejects.toMatchObject({ code: 'API_KEY_REJECTED' })
  })

  it('syncs into a destination of the program, one connector at a time', async () => {
    const { vendor, kept, opened } = memory()
    const told: string[] = []
    const given = options({
      memory: { size: 7, token: 't' },
      vendors: [vendor],
      onProgress: (text) => told.push(text),
    })
    const connector: Connector = await createConnector(given)
    try {
      await expect(createConnector(given)).rejects.toThrow('A connector is running in this process')
      const report = await connector.sync()
      expect(report).toMatchObject({ codes: 3, scans: 40, failures: [], undelivered: [] })
      expect(report.calls).toBeGreaterThan(0)
      expect(opened).toEqual([{ name: 'here', type: 'memory', size: 7, token: 't' }])
      expect(kept.size).toBe(39)
      const ids = await api.scanIds()
      expect([...kept].filter((id) => !ids.has(id))).toEqual([])
      const again = await connector.sync()
      expect(again).toMatchObject({ scans: 40, calls: 1 })
      expect(told).toContain('Starting the worker')
    } finally {
      await connector.stop()
    }
    await connector.stopped
    await connector.stop()

    const next = await createConnector(given)
    expect(next.name).toBe('program')
    await next.stop()
  })
})

it('defineVendor refuses a definition for another version of the interface', () => {
  const definition = { api: 2, type: 'memory' } as unknown as Parameters<typeof defineVendor>[0]
  expect(() => defineVendor(definition)).toThrow(
    'memory is written for version 2 of the interface of destinations, and this qrsync has 1',
  )
})
