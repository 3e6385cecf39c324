import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import { isDelivered, readProgress } from '../../../src/insight/read-progress.ts'
import { streamNames } from '../../../src/streams/streams.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import {
  createWorkspace,
  runQrsync,
  type ConnectorProcess,
} from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../../support/reference-api/reference-api.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

const connector = 'shared'
const workers = 4
const momentsToKill = 4
const lanes = 8
const account = { codes: 120, scans: 8_000, latencyMs: 30 }
/** One for the account, two for the list, one for each page of scans. */
const fewestCalls = 164
const scansPerPage = 100

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

describe('four workers with one PostgreSQL ledger', () => {
  it(
    `killed with SIGKILL at ${momentsToKill} random moments lose and duplicate no row, pay for no landed page again, and exceed no window`,
    { timeout: 400_000 },
    async () => {
      await using database = await temporaryDatabase()
      using workspace = createWorkspace({ connector, ledger: { url: database.url } })
      const api = await startReferenceApi(account)
      const crew = new Crew(() =>
        runQrsync(['up', '--config', workspace.config], { api, temporalAddress: temporal.address }),
      )
      const ledger = await openLedger(database.url)
      try {
        const expected = [...(await api.scanIds())].sort()
        for (const atCall of randomMoments()) {
          await until(() => acceptedCalls(api) >= atCall, crew)
          await crew.killSome()
        }
        await until(async () => (await readProgress(ledger, connector)).landedScans >= expected.length, crew)
        await until(() => isDelivered(ledger, connector, 'duckdb', streamNames), crew)
        await crew.stop()

        const scans = await landedScans(ledger)
        expect(scans.map(({ id }) => id).sort()).toEqual(expected)
        expect(await scanIdsIn(workspace.duckdb)).toEqual(expected)

        const audit = await api.audit()
        expect(audit.refused).toEqual({ minute: 0, month: 0 })
        expect(audit.peak_per_minute).toBeLessThanOrEqual(600)
        const landed = await ledger
          .selectFrom('calls')
          .select('endpoint')
          .where('outcome', '=', 'ok')
          .execute()
        const pages = landed.filter(({ endpoint }) => endpoint === 'GET /qr-codes/{id}/scans')
        expect(pages.length).toBe(fewestPages(scans))
        // Only calls whose answer had not landed when their worker died were paid twice.
        expect(crew.kills).toBeGreaterThanOrEqual(momentsToKill)
        expect(audit.accepted).toBeLessThanOrEqual(landed.length + crew.kills * lanes)
      } finally {
        await crew.kill()
        await ledger.destroy()
        await api.close()
      }
    },
  )
})

/** A worker that starts while another writes the DuckDB file, or creates the Schedule, reports that and ends. */
const mayEnd = /DESTINATION_BUSY|ScheduleAlreadyRunning/

/** Workers that are restarted whenever they end, as by a supervisor. */
class Crew {
  kills = 0
  /** Unexpected ends. */
  readonly failures: string[] = []
  readonly #start: () => ConnectorProcess
  #runs: ConnectorProcess[]
  #isOver = false

  constructor(start: () => ConnectorProcess) {
    this.#start = start
    this.#runs = Array.from({ length: workers }, (_, index) => this.#watch(index))
  }

  /** Kills one to all of them at random, and starts them again. */
  async killSome(): Promise<void> {
    const sure = Math.floor(Math.random() * workers)
    const chosen = this.#runs.filter((_, index) => index === sure || Math.random() < 0.4)
    this.kills += chosen.length
    await Promise.all(chosen.map((run) => run.kill()))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    for (const { process } of this.#runs) process.kill('SIGTERM')
    await Promise.all(this.#runs.map(({ ended }) => ended))
  }

  async kill(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#runs.map((run) => run.kill()))
  }

  #watch(index: number): ConnectorProcess {
    const run = this.#start()
    void run.ended.then(({ code, stderr }) => {
      if (this.#isOver) return
      if (!run.process.killed && !mayEnd.test(stderr)) {
        this.failures.push(`a worker ended by itself with ${String(code)}: ${stderr}`)
      }
      this.#runs[index] = this.#watch(index)
    })
    return run
  }
}

/** Moments spread at random over the calls of one sync. */
function randomMoments(): number[] {
  return Array.from({ length: momentsToKill }, () => 1 + Math.floor(Math.random() * (fewestCalls - 1))).sort(
    (a, b) => a - b,
  )
}

async function until(isReached: () => boolean | Promise<boolean>, crew: Crew): Promise<void> {
  while (!(await isReached())) {
    if (crew.failures.length > 0) throw new Error(crew.failures.join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const acceptedCalls = (api: InProcessReferenceApi) => api.app.audit(api.accountId).accepted

const landedScans = (ledger: Ledger) => ledger.selectFrom('scans').select(['id', 'qr_code_id']).execute()

function fewestPages(scans: { qr_code_id: string }[]): number {
  return [...Map.groupBy(scans, ({ qr_code_id }) => qr_code_id).values()].reduce(
    (pages, ofCode) => pages + Math.ceil(ofCode.length / scansPerPage),
    0,
  )
}
