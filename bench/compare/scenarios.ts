import { Client, Connection } from '@temporalio/client'
import { startDevServer } from '../../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../../src/temporal/server/find-executable.ts'
import { createWorkspace, type Workspace } from '../../test/support/processes/connector-process.ts'
import {
  listQrCodes,
  spawnReferenceApi,
  type RunningReferenceApi,
} from '../../test/support/reference-api/reference-api.ts'
import { countHistoryEvents } from '../../test/support/temporal/count-history-events.ts'
import type { CountedWork } from './count-work.ts'
import { countSync, measureSync, type Measured, type RunPlace } from './measure.ts'
import type { Version } from './versions.ts'

const lifted = { per_minute: 1_000_000, per_month: 100_000_000 }
/** Like an ordinary hour's scans over 250 codes. */
const news = { scans: 50, codes: 33 }

/** In this order: each needs the results of the one before. */
export const scenarios = ['first sync', 'nothing new', '50 new scans'] as const
export type Scenario = (typeof scenarios)[number]

export interface Counts extends CountedWork {
  calls: number
  /** Of the workflows of the sync and of its delivery. */
  history_events: number
}

export type Times = Record<Scenario, Measured>
export type Work = Record<Scenario, Counts>

interface Life {
  api: RunningReferenceApi
  place: RunPlace
  connector: string
  temporalAddress: string
}

/** Measures the scenarios once, with their own API, ledger and destination, and a running Temporal server. */
export async function timeScenarios(version: Version, scans: number): Promise<Times> {
  return live(scans, async ({ place, api }) => {
    const first = await measureSync(version, place)
    const again = await measureSync(version, place)
    await addNews(api)
    return {
      'first sync': first,
      'nothing new': again,
      '50 new scans': await measureSync(version, place),
    }
  })
}

/** Counts the work of the scenarios. */
export async function countScenarios(version: Version, scans: number): Promise<Work> {
  return live(scans, async (life) => {
    const first = await countOne(version, life)
    const again = await countOne(version, life)
    await addNews(life.api)
    return { 'first sync': first, 'nothing new': again, '50 new scans': await countOne(version, life) }
  })
}

async function countOne(version: Version, life: Life): Promise<Counts> {
  const before = { calls: await callsOf(life), history_events: await eventsOf(life) }
  const work = version.isQrsync ? await countSync(version, life.place) : await callsOnly(version, life)
  return {
    ...work,
    calls: (await callsOf(life)) - before.calls,
    history_events: (await eventsOf(life)) - before.history_events,
  }
}

async function callsOnly(version: Version, { place }: Life): Promise<CountedWork> {
  await measureSync(version, place)
  return { statements: 0, transactions: 0, written_bytes: 0 }
}

const callsOf = async ({ api }: Life) => (await api.audit()).accepted

async function eventsOf({ temporalAddress, connector }: Life): Promise<number> {
  const connection = await Connection.connect({ address: temporalAddress })
  try {
    return await countHistoryEvents(new Client({ connection }), `qrsync/${connector}/`)
  } finally {
    await connection.close()
  }
}

async function addNews(api: RunningReferenceApi): Promise<void> {
  const codes = (await listQrCodes(api)).slice(0, news.codes)
  const scanned_at = new Date().toISOString()
  await api.insertScans(
    Array.from({ length: news.scans }, (_, index) => ({
      qr_code_id: codes[index % codes.length]?.id ?? '',
      scanned_at,
    })),
  )
}

let lives = 0

async function live<Result>(scans: number, work: (life: Life) => Promise<Result>): Promise<Result> {
  const connector = `bench-${++lives}`
  await using started = new AsyncDisposableStack()
  const workspace: Workspace = started.use(
    createWorkspace({
      connector,
      source: {
        url: '${QRCS_API_URL}',
        key: '${QRCS_API_KEY}',
        calls_per_minute: lifted.per_minute,
      },
    }),
  )
  const { path } = await findTemporalExecutable({ onProgress: console.error })
  const temporal = await startDevServer({ executable: path })
  started.defer(() => temporal.stop())
  const api = await spawnReferenceApi(['--scans', String(scans), '--store', `${workspace.folder}/api.sqlite`])
  started.defer(() => api.close())
  await api.setLimits(lifted)
  const environment = {
    QRCS_API_URL: `${api.url}/api/v1`,
    QRCS_API_KEY: api.key,
    TEMPORAL_ADDRESS: temporal.address,
  }
  return await work({ api, place: { workspace, environment }, connector, temporalAddress: temporal.address })
}
