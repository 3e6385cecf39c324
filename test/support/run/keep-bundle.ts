import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into a process before all else (`--import`), it has the workflows bundled once for all processes of a test run: that
 * takes half of the CPU of a start. In `test/e2e/readme.test.ts` and `traces.test.ts` each process makes its own.
 */
const bundling = new URL('../../../src/worker/bundle-workflows.ts', import.meta.url).href
const kept = new URL('kept-bundle.ts', import.meta.url).href
if (isMainThread && process.env['KEPT_BUNDLE'] !== undefined) {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context)
      return found.url === bundling && context.parentURL !== kept ? { ...found, url: kept } : found
    },
  })
}
