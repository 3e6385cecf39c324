import { randomUUID } from 'node:crypto'
import { startBqEmulator } from '../../test/support/bigquery/bqemulator.ts'
import { startHubSpotProcess } from '../../test/fake-hubspot/hubspot-process.ts'
import { startCountingProxy } from './counting-proxy.ts'

export const peers = ['duckdb', 'bigquery', 'hubspot'] as const
export type PeerName = (typeof peers)[number]

interface Filled {
  scans: number
  codes: number
}

/** The other side of a destination in a benchmark, in its own process. */
export interface Peer extends AsyncDisposable {
  /** The destination's entry in the config file. */
  config: Record<string, unknown>
  /** Returns {@link VendorCalls}; null for a file. */
  callsUrl: string | null
  /** The fewest calls that can write all rows. */
  fewestCalls(filled: Filled): number
}

export function startPeer(name: PeerName, file: string): Promise<Peer> {
  switch (name) {
    case 'duckdb':
      return Promise.resolve({
        config: { type: 'duckdb', path: file },
        callsUrl: null,
        fewestCalls: () => 0,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      })
    case 'bigquery':
      return startBigQuery()
    case 'hubspot':
      return startHubSpot()
  }
}

const rowsPerLoad = 10_000

async function startBigQuery(): Promise<Peer> {
  const emulator = await startBqEmulator()
  const proxy = await startCountingProxy(
    emulator.url,
    ({ method, url }) => method === 'POST' && /\/(jobs|queries)(\?|$)/.test(url),
  )
  return {
    config: {
      type: 'bigquery',
      project: 'bench',
      dataset: `bench_${randomUUID().replaceAll('-', '')}`,
      api_endpoint: proxy.url,
      load: { rows: rowsPerLoad, every: '10s' },
    },
    callsUrl: proxy.countsUrl,
    // A load and a MERGE for each batch.
    fewestCalls: ({ scans, codes }) => 2 * (Math.ceil(scans / rowsPerLoad) + Math.ceil(codes / rowsPerLoad)),
    async [Symbol.asyncDispose]() {
      await proxy.stop()
      await emulator.stop()
    },
  }
}

async function startHubSpot(): Promise<Peer> {
  const unlimited = ['--ten-secondly', '1000000', '--daily', '1000000000']
  const hubspot = await startHubSpotProcess(unlimited)
  const proxy = await startCountingProxy(hubspot.url, ({ url }) => url.includes('/batch/upsert'))
  return {
    config: { type: 'hubspot', token: hubspot.token, url: proxy.url, calls_per_10_seconds: 1_000 },
    callsUrl: proxy.countsUrl,
    fewestCalls: ({ codes }) => Math.ceil(codes / 100),
    async [Symbol.asyncDispose]() {
      await proxy.stop()
      await hubspot.stop()
    },
  }
}
