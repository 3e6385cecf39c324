import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Workspace } from '../../test/support/processes/connector-process.ts'
import type { CountedWork } from './count-work.ts'
import type { Version } from './versions.ts'

const countWork = new URL('count-work.ts', import.meta.url).href
const lookEveryMs = 20
/** A tick of the kernel's clock for processes (Linux). */
const msPerTick = 10

export interface Measured {
  seconds: number
  /** Of all threads, in user and system mode. Other programs on the machine affect it far less than `seconds`. */
  cpu_seconds: number
  peak_rss_mb: number
}

export interface RunPlace {
  workspace: Workspace
  environment: Record<string, string>
}

/** Runs one sync to its end. */
export function measureSync(version: Version, place: RunPlace): Promise<Measured> {
  return measure(version, version.words(place.workspace), place.environment)
}

/** Runs one sync to its end, and counts its work, which takes time. */
export async function countSync(
  version: Version,
  { workspace, environment }: RunPlace,
): Promise<CountedWork> {
  const file = join(workspace.folder, 'counted.json')
  await measure(version, version.words(workspace, countWork), { ...environment, COUNTED_WORK: file })
  return JSON.parse(readFileSync(file, 'utf8')) as CountedWork
}

async function measure(
  { name, program }: Version,
  words: readonly string[],
  environment: Record<string, string>,
): Promise<Measured> {
  const startedAtMs = performance.now()
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const seen = { cpuMs: 0, rssMb: 0 }
  const timer = setInterval(() => {
    look(child.pid ?? 0, seen)
  }, lookEveryMs)
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(timer)
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${stderr}`)
  return {
    seconds: (performance.now() - startedAtMs) / 1000,
    cpu_seconds: seen.cpuMs / 1000,
    peak_rss_mb: seen.rssMb,
  }
}

function look(pid: number, seen: { cpuMs: number; rssMb: number }): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    seen.cpuMs = (Number(fields[11]) + Number(fields[12])) * msPerTick
    seen.rssMb = Math.max(seen.rssMb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024))
  } catch {
    // It has ended.
  }
}
