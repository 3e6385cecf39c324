import { join } from 'node:path'
import envPaths from 'env-paths'

/** The processes that tests start share the modules that Node has compiled, workers of the test runner among them. */
export default function setUpProcesses(): void {
  // Most of a short command is to compile what it imports: a quarter of the CPU of all processes that tests start.
  process.env['NODE_COMPILE_CACHE'] ??= join(envPaths('qrsync', { suffix: '' }).cache, 'compiled-modules')
}
