import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { createWorkspace, syncOnce, type Workspace } from '../../support/processes/connector-process.ts'
import { queryDuckDb, scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

interface World {
  api: InProcessReferenceApi
  workspace: Workspace
  sync: () => ReturnType<typeof syncOnce>
  expectEqualSets: () => Promise<void>
}

async function inWorld(
  name: string,
  options: StartOptions,
  test: (world: World) => Promise<void>,
): Promise<void> {
  const api = await startReferenceApi(options)
  using workspace = createWorkspace({ connector: name })
  try {
    await test({
      api,
      workspace,
      sync: () => syncOnce(workspace, { api, temporalAddress: temporal.address }),
      expectEqualSets: async () => {
        expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].sort())
        expect((await api.audit()).refused).toEqual({ minute: 0, month: 0 })
      },
    })
  } finally {
    await api.close()
  }
}

/** No row, nor an id of one, passes through Temporal. */
async function expectSmallHistories(connector: string, scanIds: string[]): Promise<void> {
  const connection = await Connection.connect({ address: temporal.address })
  const client = new Client({ connection })
  let events = 0
  for await (const { workflowId, runId } of client.workflow.list({
    query: `WorkflowId STARTS_WITH 'qrsync/${connector}/'`,
  })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    const eventsHere = history.events?.length ?? 0
    events += eventsHere
    // Payloads are base64 of JSON.
    const text = historyToJSON(history).replaceAll(/"data": "([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString(),
    )
    // Of an event, because a slow machine makes more of them. None has room for a page of rows.
    expect(text.length / eventsHere).toBeLessThan(2_000)
    expect(scanIds.filter((id) => text.includes(id))).toEqual([])
  }
  expect(events).toBeGreaterThan(10)
  expect(events).toBeLessThan(200)
  await connection.close()
}

describe('a sync into DuckDB', () => {
  it('fetches every scan with the fewest calls; a sync costs 1 call with nothing new, and 1 + k with new scans of k codes', () =>
    inWorld('costs', {}, async ({ api, workspace, sync, expectEqualSets }) => {
      const first = await sync()
      await expectEqualSets()
      await expectSmallHistories('costs', [...(await api.scanIds())])
      const codes = await queryDuckDb(
        workspace.duckdb,
        'SELECT id, scan_count FROM qr_codes WHERE scan_count > 0 ORDER BY scan_count DESC, id',
      )
      const pages = codes.reduce((sum, { scan_count: count }) => sum + Math.ceil(Number(count) / 100), 0)
      const [me, listPages] = [1, 3]
      expect(first).toMatchObject({ codes: 250, scans: 20_000, refused: 0, calls: me + listPages + pages })

      expect(await sync()).toMatchObject({ calls: 1, refused: 0, scans: 20_000 })

      const k = 7
      const now = new Date().toISOString()
      const newScan = (_: unknown, index: number) => ({
        qr_code_id: String(codes[index % k]?.['id']),
        scanned_at: now,
      })
      await api.insertScans(Array.from({ length: 50 }, newScan))
      expect(await sync()).toMatchObject({ calls: 1 + k, refused: 0, scans: 20_050 })
      await expectEqualSets()
    }))

  it('loses and duplicates no scan that arrives while the first sync runs', () =>
    inWorld('arrivals', { latencyMs: 40 }, async ({ api, workspace, sync, expectEqualSets }) => {
      const codes = (await listQrCodes(api)).map(({ id }) => id)
      let arrived = 0
      const arrive = () => {
        // No more than a slow machine can process, or the first sync would never end.
        if (arrived >= 4_000) return
        // Two of one millisecond for each of 20 codes: at the edge of whatever page is being read.
        const scanned_at = new Date().toISOString()
        const scans = Array.from(
          { length: 40 },
          (_, index) => codes[(arrived + (index % 20)) % codes.length] ?? '',
        )
        void api.insertScans(scans.map((qr_code_id) => ({ qr_code_id, scanned_at })))
        arrived += 40
      }
      const timer = setInterval(arrive, 20)
      const first = await sync()
      clearInterval(timer)
      expect(first.scans).toBeGreaterThan(20_000)
      expect(arrived).toBeGreaterThan(1_000)
      await sync()
      await expectEqualSets()
      expect(await queryDuckDb(workspace.duckdb, 'SELECT count(*)::INT AS n FROM scans')).toEqual([
        { n: 20_000 + arrived },
      ])
    }))

  it('keeps all of five scans of one millisecond at the edge of a page, even if they arrive in separate syncs', () =>
    inWorld('edges', { codes: 2, scans: 0 }, async ({ api, sync, expectEqualSets }) => {
      const [whole = '', split = ''] = (await listQrCodes(api)).map(({ id }) => id)
      const startMs = Date.now() - 3_600_000
      const at = (qr_code_id: string, offsetMs: number, count = 1) =>
        Array.from({ length: count }, () => ({
          qr_code_id,
          scanned_at: new Date(startMs + offsetMs).toISOString(),
        }))
      const before = Array.from({ length: 98 }, (_, offset) => at(whole, offset)).flat()
      const after = Array.from({ length: 150 }, (_, offset) => at(whole, 200 + offset)).flat()
      await api.insertScans([...before, ...at(whole, 100, 5), ...after])
      await api.insertScans([...before.map((scan) => ({ ...scan, qr_code_id: split })), ...at(split, 100, 2)])
      await sync()
      await expectEqualSets()
      await api.insertScans(at(split, 100, 3))
      await sync()
      await expectEqualSets()
      expect((await api.scanIds()).size).toBe(98 + 5 + 150 + 98 + 5)
    }))
})
