/**
 * Measures how fully the minute's calls are used while there is more to fetch than they allow: a first sync on
 * the Advanced plan, as a user runs it, by the API's own count. Takes a little more than five minutes.
 *
 * node bench/window.ts
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startDevServer } from '../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../src/temporal/server/find-executable.ts'
import { createWorkspace, runQrsync } from '../test/support/processes/connector-process.ts'
import { spawnReferenceApi, type SpawnedReferenceApi } from '../test/support/reference-api/reference-api.ts'

const limitPerMinute = 600
const minutes = 5
const minuteMs = 60_000
const lookEveryMs = 50
/** About 3,350 pages, because all but a few codes end with one that is not full: enough for six minutes. */
const scans = 320_000

/** Counts the accepted calls by the end of each minute, from the last check without any. */
async function countByMinute(api: SpawnedReferenceApi, mustStop: () => boolean): Promise<number[]> {
  const counts: number[] = []
  let startMs: number | null = null
  let before = 0
  while (counts.length < minutes) {
    if (mustStop()) throw new Error('the sync ended before its time')
    const askedMs = performance.now()
    const { accepted } = await api.audit()
    if (startMs === null || accepted === 0) startMs = askedMs
    // Calls since the previous check may have been made after the minute's end.
    else if (performance.now() >= startMs + (counts.length + 1) * minuteMs) {
      counts.push(before)
      console.error(`after ${counts.length} min: ${before} calls`)
    }
    before = accepted
    await sleep(lookEveryMs)
  }
  return counts
}

async function measure(temporalAddress: string) {
  using workspace = createWorkspace({ connector: 'bench-window' })
  const store = ['--store', `${workspace.folder}/api.sqlite`]
  const api = await spawnReferenceApi(['--plan', 'advanced', '--scans', String(scans), ...store])
  const run = runQrsync(['up', '--once', '--config', workspace.config], { api, temporalAddress })
  try {
    let hasEnded = false
    void run.ended.then(({ stderr }) => {
      hasEnded = true
      console.error(stderr)
    })
    const calls = (await countByMinute(api, () => hasEnded)).at(-1) ?? 0
    const { refused } = await api.audit()
    return {
      limit_per_minute: limitPerMinute,
      minutes,
      calls,
      use: Math.floor((calls / (minutes * limitPerMinute)) * 1_000) / 1_000,
      refused: refused.minute + refused.month,
    }
  } finally {
    await run.kill()
    await api.close()
  }
}

const { path } = await findTemporalExecutable({ onProgress: console.error })
const temporal = await startDevServer({ executable: path })
try {
  console.log(JSON.stringify({ results: [await measure(temporal.address)] }))
} finally {
  await temporal.stop()
}
