import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Lets Node cache the compiled code of modules that are loaded from now on, which saves half the CPU time of a
 * short command. `NODE_COMPILE_CACHE` names another folder. Without a writable folder, nothing is cached.
 */
export async function keepCompiledModules(): Promise<void> {
  const { default: envPaths } = await import('env-paths')
  enableCompileCache(join(envPaths('qrsync', { suffix: '' }).cache, 'compiled-modules'))
}
