/**
 * Measures the reference API with 250 codes and 1,000,000 scans, without limits, under a load from another
 * process: how many requests it answers, how late, and how much memory it needs. Takes about a minute and a
 * half.
 *
 * node bench/api.ts
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { userAgents } from '../reference-api/scans/user-agents.ts'
import { peakRssMb, rssMb } from '../test/support/processes/peak-rss.ts'
import {
  listQrCodes,
  spawnReferenceApi,
  type ListedQrCode,
} from '../test/support/reference-api/reference-api.ts'
import { runLoad, type LoadRequest } from './api/run-load.ts'

const scans = 1_000_000
const perPage = 100
const connections = 10
const seconds = 5
const lifted = { per_minute: 1e12, per_month: 1e12 }
const settleMs = 5_000

const api = await spawnReferenceApi(['--plan', 'advanced', '--scans', String(scans)])
const peak = peakRssMb(api.process)

async function load(requests: LoadRequest[], how: { connections?: number; seconds?: number } = { seconds }) {
  const headers = { authorization: `Bearer ${api.key}` }
  const served = await runLoad({ origin: api.url, headers, connections, requests, ...how })
  console.error(served)
  return served
}

const get = (kind: string, path: string): LoadRequest => ({ kind, path: `/api/v1${path}`, status: 200 })

function scanPages(code: ListedQrCode) {
  const pages = Math.floor(code.scan_count / perPage)
  const page = (kind: string, number: number) =>
    get(kind, `/qr-codes/${code.id}/scans?per_page=${perPage}&page=${number}`)
  return {
    first: page('scans_first_page', 1),
    /** From the last tenth of the log, so that no two are the same. */
    deep: Array.from({ length: Math.floor(pages / 10) }, (_, index) =>
      page('scans_deep_page', pages - index),
    ),
    all: Array.from({ length: pages }, (_, index) => page('all', index + 1)),
  }
}

/** As phones and browsers open them: of many kinds, from many places. */
function visits(codes: ListedQrCode[]): LoadRequest[] {
  return codes.map(({ short_url }, index) => ({
    kind: 'redirect',
    path: new URL(short_url).pathname,
    status: 302,
    headers: {
      'user-agent': userAgents[index % userAgents.length]?.[0] ?? '',
      'x-forwarded-for': `198.18.0.${index % 250}`,
    },
  }))
}

const picture = (kind: string) => (code: ListedQrCode) => get(kind, `/qr-codes/${code.id}/image`)

async function measure() {
  await api.setLimits(lifted)
  const readyMb = rssMb(api.process)
  const codes = [1, 2, 3].map((page) => listQrCodes(api, `sort=-last_scanned_at&page=${page}`))
  const listed = (await Promise.all(codes)).flat().toSorted((a, b) => b.scan_count - a.scan_count)
  const [busiest] = listed
  if (busiest === undefined) throw new Error('the account has no QR code')
  const { first, deep, all } = scanPages(busiest)

  // One at a time, alternating, so that both are measured under the same conditions.
  const alternating = deep.flatMap((page) => [
    { ...first, kind: 'first' },
    { ...page, kind: 'deep' },
  ])
  const alone = await load(alternating, { connections: 1, seconds })
  const results = {
    ...(await load([get('me', '/me')])),
    ...(await load([get('list_page', `/qr-codes?per_page=${perPage}`)])),
    ...(await load([first])),
    ...(await load(deep)),
    ...(await load(visits(listed))),
    ...(await load(listed.map(picture('image_cold')), {})),
    ...(await load(listed.map(picture('image_cached')))),
  }
  await load(all, {})
  await sleep(settleMs)
  return {
    scans,
    connections,
    results,
    deep_to_first_page:
      Math.round(((alone['deep']?.p50_ms ?? 0) / (alone['first']?.p50_ms ?? 0)) * 100) / 100,
    rss_mb: { ready: readyMb, settled: rssMb(api.process) },
  }
}

try {
  const { rss_mb: rss, ...measured } = await measure()
  await api.close()
  console.log(JSON.stringify({ ...measured, rss_mb: { ...rss, peak: await peak } }))
} finally {
  await api.close()
}
