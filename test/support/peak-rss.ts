import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The most memory that a process has held, as the kernel keeps count of it (Linux), read until it ends. */
export function peakRssMb(child: ChildProcess): Promise<number> {
  let peakKb = 0
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    } catch {
      // It has ended.
    }
  }
  const timer = setInterval(look, 50)
  return new Promise((resolve) =>
    child.once('exit', () => {
      clearInterval(timer)
      resolve(Math.round(peakKb / 1024))
    }),
  )
}
