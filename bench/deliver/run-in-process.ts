import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { peakRssMb } from '../../test/support/processes/peak-rss.ts'

export interface Delivering {
  /** The ledger's file. */
  ledger: string
  /** As in the config file. */
  destination: Record<string, unknown>
  /** Returns how many calls the vendor received; null if there are none to count. */
  callsUrl: string | null
}

/** The results of one process. */
export interface Run {
  rows: number
  seconds: number
  peak_rss_mb: number
  vendor_calls: number
  /** From the start again. */
  redelivery: { seconds: number; vendor_calls: number; vendor_writes: number }
}

const main = fileURLToPath(new URL('run.ts', import.meta.url))

/** Delivers a ledger in its own process, with the heap limit of `npm run qrsync`. */
export async function measureRun(delivering: Delivering): Promise<Run> {
  const heap = ['--max-old-space-size=256', '--max-semi-space-size=8']
  const child = spawn(process.execPath, [...heap, main, JSON.stringify(delivering)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const peak = peakRssMb(child)
  const output = await text(child.stdout)
  const peak_rss_mb = await peak
  if (child.exitCode !== 0) throw new Error(`the delivery ended with ${child.exitCode}`)
  return { ...(JSON.parse(output) as Omit<Run, 'peak_rss_mb'>), peak_rss_mb }
}
