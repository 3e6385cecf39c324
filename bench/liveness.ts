/**
 * Measures how long scans wait while one code of twenty is broken, in each of the possible ways, next to a
 * control group without a broken code. One process serves all connectors, each with its own API and a scan of
 * every code every 20 s.
 *
 * node bench/liveness.ts [SECONDS]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { startDevServer } from '../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../src/temporal/server/find-executable.ts'
import { startBrokenCodeFront, waysToBreak, type WayToBreak } from '../test/support/source/broken-code.ts'
import { createWorkspace, runQrsync } from '../test/support/processes/connector-process.ts'
import { scanIdsIn } from '../test/support/destinations/duckdb-file.ts'
import { listQrCodes, startReferenceApi } from '../test/support/reference-api/reference-api.ts'

const codes = 20
const scanEveryMs = 20_000
const seconds = Number(process.argv[2] ?? 300)
/** Until then everything is new, which says nothing about freshness. */
const warmUpMs = 60_000

interface Watched {
  name: string
  /** Scans of the working codes: the time of each, until it is delivered. */
  waiting: Map<string, number>
  oldestMs: number
  scan(): Promise<void>
  look(): Promise<void>
  brokenCodeCalls: () => number
}

await using started = new AsyncDisposableStack()
const workspace = started.use(createWorkspace())
const folder = join(workspace.folder, 'connectors')
mkdirSync(folder)
const startedAtMs = Date.now()

async function watch(way: WayToBreak | null): Promise<Watched> {
  const name = way === null ? 'control' : way.replaceAll('_', '-')
  const api = await startReferenceApi({ codes, scans: 400, plan: 'advanced', checkResponses: false })
  started.defer(() => api.close())
  await api.setLimits({ per_minute: 600, per_month: 10_000_000 })
  const listed = await listQrCodes(api)
  const broken = listed[0]?.id ?? ''
  const front = started.use(await startBrokenCodeFront({ target: api.url, qrCodeId: broken, way }))
  writeFileSync(
    join(folder, `${name}.yaml`),
    stringify({
      connector: name,
      source: { url: `${front.url}/api/v1`, key: api.key },
      destinations: { warehouse: { type: 'duckdb', path: `${name}.duckdb` } },
      ledger: { path: `${name}.sqlite` },
      schedule: { every: '1m' },
      codes: [{ match: '*', freshness: '1m' }],
      analytics: false,
    }),
  )
  const file = join(folder, `${name}.duckdb`)
  const waiting = new Map<string, number>()
  const watched: Watched = {
    name,
    waiting,
    oldestMs: 0,
    brokenCodeCalls: front.calls,
    async scan() {
      const atMs = Date.now()
      const scanned_at = new Date(atMs).toISOString()
      const well = listed.filter(({ id }) => id !== broken)
      const ids = await api.insertScans(well.map(({ id }) => ({ qr_code_id: id, scanned_at })))
      await api.insertScans([{ qr_code_id: broken, scanned_at }])
      for (const id of ids) waiting.set(id, atMs)
    },
    async look() {
      // The worker may lock the file for a moment: the next check then sees the scans.
      for (const id of await scanIdsIn(file).catch(() => [])) waiting.delete(id)
      const nowMs = Date.now()
      if (nowMs - startedAtMs < warmUpMs) return
      for (const cameAtMs of waiting.values()) {
        watched.oldestMs = Math.max(watched.oldestMs, nowMs - cameAtMs)
      }
    },
  }
  return watched
}

const connectors: Watched[] = []
for (const way of [null, ...(Object.keys(waysToBreak) as WayToBreak[])]) connectors.push(await watch(way))

const { path } = await findTemporalExecutable({ onProgress: console.error })
const temporal = await startDevServer({ executable: path })
started.defer(() => temporal.stop())
const up = runQrsync(['up', '--config', folder], { temporalAddress: temporal.address })
started.defer(() => up.kill())

let scannedAtMs = 0
while (Date.now() - startedAtMs < seconds * 1_000) {
  if (Date.now() - scannedAtMs >= scanEveryMs) {
    scannedAtMs = Date.now()
    await Promise.all(connectors.map((each) => each.scan()))
  }
  for (const each of connectors) await each.look()
  await sleep(1_000)
}

const controlMs = connectors[0]?.oldestMs ?? 0
const results = connectors.map((each) => ({
  way: each.name,
  oldest_undelivered_seconds: Math.round(each.oldestMs / 1_000),
  ratio_to_control: Math.round((each.oldestMs / controlMs) * 100) / 100,
  calls_for_the_broken_code: each.brokenCodeCalls(),
}))
console.log(JSON.stringify({ seconds, codes, results }))
