import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The most memory that a process has used, as counted by the kernel (Linux), read until the process ends. */
export function peakRssMb(child: ChildProcess): Promise<number> {
  let peakMb = 0
  const timer = setInterval(() => (peakMb = Math.max(peakMb, statusMb(child, 'VmHWM'))), 50)
  return new Promise((resolve) =>
    child.once('exit', () => {
      clearInterval(timer)
      resolve(peakMb)
    }),
  )
}

/** The memory that a process uses now (Linux). */
export function rssMb(child: ChildProcess): number {
  return statusMb(child, 'VmRSS')
}

function statusMb(child: ChildProcess, name: 'VmHWM' | 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024)
  } catch {
    // It has ended.
    return 0
  }
}
