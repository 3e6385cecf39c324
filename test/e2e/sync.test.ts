import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../src/temporal/dev-server.ts'
import { createWorkspace, runQrsync, type Workspace } from '../support/connector-process.ts'
import { queryDuckDb, scanIdsIn } from '../support/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../support/reference-api.ts'

interface Result {
  codes: number
  scans: number
  calls: number
  refused: number
}

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

async function syncOnce(workspace: Workspace, api: InProcessReferenceApi): Promise<Result> {
  const run = runQrsync(['up', '--once', '--config', workspace.config], { api, temporalAddress: temporal.address })
  const { code, stdout, stderr } = await run.ended
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result
}

async function expectEqualSets(workspace: Workspace, api: InProcessReferenceApi): Promise<void> {
  expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].sort())
}

const listPages = 3
const codesWithScans = async (workspace: Workspace) =>
  queryDuckDb(workspace.duckdb, 'SELECT id, scan_count FROM qr_codes WHERE scan_count > 0 ORDER BY scan_count DESC, id')

describe('a sync of 250 codes and 20,000 scans into DuckDB', () => {
  it('brings every scan in the fewest calls; with nothing new then costs 1, with 50 new ones of k codes 1 + k', async () => {
    const api = await startReferenceApi()
    using workspace = createWorkspace()
    try {
      const first = await syncOnce(workspace, api)
      await expectEqualSets(workspace, api)
      const codes = await codesWithScans(workspace)
      const pages = codes.reduce((sum, { scan_count }) => sum + Math.ceil(Number(scan_count) / 100), 0)
      expect(first).toMatchObject({ codes: 250, scans: 20_000, refused: 0, calls: 1 + listPages + pages })

      expect(await syncOnce(workspace, api)).toMatchObject({ calls: 1, refused: 0, scans: 20_000 })

      const k = 7
      const now = new Date().toISOString()
      await api.insertScans(
        Array.from({ length: 50 }, (_, index) => ({ qr_code_id: String(codes[index % k]?.['id']), scanned_at: now })),
      )
      expect(await syncOnce(workspace, api)).toMatchObject({ calls: 1 + k, refused: 0, scans: 20_050 })
      await expectEqualSets(workspace, api)
      expect((await api.audit()).refused).toMatchObject({ minute: 0, month: 0 })
    } finally {
      await api.close()
    }
  })
})
