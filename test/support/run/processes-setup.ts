import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import envPaths from 'env-paths'

/** What the processes that tests start share: the modules that Node has compiled, and the bundle of the workflows. */
export default async function setUpProcesses(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['KEPT_BUNDLE'] !== undefined) return undefined
  // Most of a short command is to compile what it imports: a quarter of the CPU of all processes that tests start.
  process.env['NODE_COMPILE_CACHE'] ??= join(envPaths('qrsync', { suffix: '' }).cache, 'compiled-modules')
  const folder = await mkdtemp(join(tmpdir(), 'qrsync-tests-'))
  process.env['KEPT_BUNDLE'] = join(folder, 'workflows.js')
  return () => rm(folder, { recursive: true, force: true })
}
