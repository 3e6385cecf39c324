/**
 * Sends requests to a server from its own process, so that the server has its core to itself: some connections,
 * each with one request at a time. Reads a `LoadOrder` as JSON and prints the milliseconds of every response.
 */
import { json } from 'node:stream/consumers'
import { Pool, type Dispatcher } from 'undici'
import type { LoadOrder } from './run-load.ts'

const { origin, headers, connections, requests, seconds } = (await json(process.stdin)) as LoadOrder

const pool = new Pool(origin, { connections, pipelining: 1 })
const times: Record<string, number[]> = {}
let next = 0
const startedAt = performance.now()
const endsAt = seconds === undefined ? Infinity : startedAt + seconds * 1_000

/** Cycles through the requests until the time is over or, without a time limit, sends each once. */
function nextRequest() {
  if (performance.now() >= endsAt || (seconds === undefined && next >= requests.length)) return undefined
  return requests[next++ % requests.length]
}

async function send(): Promise<void> {
  for (let request = nextRequest(); request !== undefined; request = nextRequest()) {
    const { kind, path, status, ...own } = request
    const sentAt = performance.now()
    const answered = await answerTo({ path, method: 'GET', headers: { ...headers, ...own.headers } })
    if (answered !== status) throw new Error(`${path}: ${answered}, not ${status}`)
    ;(times[kind] ??= []).push(performance.now() - sentAt)
  }
}

/**
 * Returns the status once the whole response has arrived. Needs half the CPU time of `pool.request`, which
 * creates a stream.
 */
function answerTo(options: Dispatcher.DispatchOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    pool.dispatch(options, {
      onRequestStart() {
        // undici needs it to distinguish this kind of handler from the old one.
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseEnd() {
        resolve(status)
      },
      onResponseError(_controller, error) {
        reject(error)
      },
    })
  })
}

await Promise.all(Array.from({ length: connections }, send))
const elapsedS = (performance.now() - startedAt) / 1_000
await pool.close()
process.stdout.write(JSON.stringify({ elapsedS, times }))
