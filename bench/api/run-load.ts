import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'

export interface LoadRequest {
  /** The name under which it is counted. */
  kind: string
  path: string
  /** The only status that counts as a response. */
  status: number
  headers?: Record<string, string>
}

export interface LoadOrder {
  origin: string
  headers: Record<string, string>
  connections: number
  /** Sent in turn. */
  requests: LoadRequest[]
  /** How long; without it, each request is sent once. */
  seconds?: number
}

export interface Served {
  requests: number
  requests_per_second: number
  p50_ms: number
  p99_ms: number
}

/** Runs `load.ts` and sums up its results, by kind. Fails if a response had another status than expected. */
export async function runLoad(order: LoadOrder): Promise<Record<string, Served>> {
  const script = join(import.meta.dirname, 'load.ts')
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(order))
  const { elapsedS, times } = (await json(child.stdout)) as {
    elapsedS: number
    times: Record<string, number[]>
  }
  return Object.fromEntries(Object.entries(times).map(([kind, each]) => [kind, sumUp(each, elapsedS)]))
}

function sumUp(times: number[], elapsedS: number): Served {
  const sorted = times.toSorted((a, b) => a - b)
  const share = (part: number) => round(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN)
  return {
    requests: times.length,
    requests_per_second: Math.round(times.length / elapsedS),
    p50_ms: share(0.5),
    p99_ms: share(0.99),
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100
