import { join } from 'node:path'
import envPaths from 'env-paths'

/**
 * Lets the processes that tests start, and the workers of the test runner, share the modules that Node has
 * compiled.
 */
export default function setUpProcesses(): void {
  // Compiling imports is most of the work of a short command: a quarter of the CPU time of all processes that
  // tests start.
  process.env['NODE_COMPILE_CACHE'] ??= join(envPaths('qrsync', { suffix: '' }).cache, 'compiled-modules')
}
