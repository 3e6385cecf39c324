import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import {
  createWorkspace,
  runQrsync,
  syncOnce,
  type Ended,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'

const kills = 6
const lanes = 8
const account = { codes: 120, scans: 8_000, latencyMs: 30 }
/** One for the account, two for the list, one for each page of scans. */
const fewestCalls = 164

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

describe('a worker killed with SIGKILL', () => {
  it(
    `${kills} times at random moments of one sync loses and duplicates no row, pays for no landed page again, and exceeds no window`,
    { timeout: 400_000 },
    async () => {
      const api = await startReferenceApi(account)
      using workspace = createWorkspace({ connector: 'killed' })
      const options = { api, temporalAddress: temporal.address }
      try {
        for (const atCall of randomMoments()) {
          const run = runQrsync(['up', '--once', '--config', workspace.config], options)
          await Promise.race([untilCall(api, atCall), run.ended.then(failToDie)])
          await run.kill()
        }
        await syncOnce(workspace, options)
        expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].sort())

        const audit = await api.audit()
        expect(audit.refused).toEqual({ minute: 0, month: 0 })
        expect(audit.peak_per_minute).toBeLessThanOrEqual(600)
        const ledger = await openLedger(workspace.ledger)
        const landed = await ledger.selectFrom('calls').select('id').where('outcome', '=', 'ok').execute()
        await ledger.destroy()
        // Each page has landed once. Only calls whose answer had not landed when the worker died were paid
        // twice.
        expect(landed.length).toBe(fewestCalls)
        expect(audit.accepted).toBeLessThanOrEqual(fewestCalls + kills * lanes)
      } finally {
        await api.close()
      }
    },
  )
})

/** Moments spread at random over the calls of one sync, its first and its last among the possible ones. */
function randomMoments(): number[] {
  return Array.from({ length: kills }, () => 1 + Math.floor(Math.random() * (fewestCalls - 1))).sort(
    (a, b) => a - b,
  )
}

/** Waits until the API has seen this many calls of the sync land or get lost. */
async function untilCall(api: InProcessReferenceApi, atCall: number): Promise<void> {
  while ((await api.audit()).accepted < atCall) await new Promise((resolve) => setTimeout(resolve, 5))
}

function failToDie({ code, stderr }: Ended): never {
  throw new Error(`it ended by itself before its time to die, with ${String(code)}: ${stderr}`)
}
