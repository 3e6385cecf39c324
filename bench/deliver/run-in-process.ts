import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { peakRssMb } from '../../test/support/processes/peak-rss.ts'

export interface Delivering {
  /** The ledger's file. */
  ledger: string
  /** As in the config file. */
  destination: Record<string, unknown>
  /** Tells how many calls the vendor has had; null where there are none to count. */
  callsUrl: string | null
}

/** What one process came to. */
export interface Run {
  rows: number
  seconds: number
  peak_rss_mb: number
  vendor_calls: number
  /** From the start once more. */
  redelivery: { seconds: number; vendor_calls: number; vendor_writes: number }
}

const main = fileURLToPath(new URL('run.ts', import.meta.url))

/** Delivers a ledger in a process of its own, with the heap that `npm run qrsync` gives it. */
export async function measureRun(delivering: Delivering): Promise<Run> {
  const heap = ['--max-old-space-size=256', '--max-semi-space-size=4']
  const child = spawn(process.execPath, [...heap, main, JSON.stringify(delivering)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const peak = peakRssMb(child)
  const output = await text(child.stdout)
  const peak_rss_mb = await peak
  if (child.exitCode !== 0) throw new Error(`the delivery ended with ${child.exitCode}`)
  return { ...(JSON.parse(output) as Omit<Run, 'peak_rss_mb'>), peak_rss_mb }
}
