import { fileURLToPath } from 'node:url'
import {
  bundleWorkflowCode,
  Runtime,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { keepBundle } from './keep-bundle.ts'

/** Where the build puts the bundles in `dist`: without and with the interceptors for traces. */
export const builtBundles = { plain: 'workflows/bundle.js', traced: 'workflows/traced-bundle.js' } as const

/** Node runs the sources of a checkout directly; the published package contains only their build. */
const isBuilt = import.meta.url.endsWith('.js')
const root = new URL('../../', import.meta.url)

/**
 * Returns the workflows as a worker runs them: bundled when the package was built, or bundled from the sources
 * of a checkout, once for each state of them.
 *
 * @param interceptorModules those of tracing, or none
 */
export function workflowBundle(interceptorModules: string[]): Promise<WorkflowBundleOption> {
  if (!isBuilt) return keepBundle(root, interceptorModules, () => bundleWorkflows(interceptorModules))
  const file = interceptorModules.length === 0 ? builtBundles.plain : builtBundles.traced
  return Promise.resolve({ codePath: fileURLToPath(new URL(file, root)) })
}

/**
 * Bundles the workflows for Temporal's sandbox.
 *
 * @param interceptorModules whose interceptors become part of the bundle
 */
export function bundleWorkflows(interceptorModules: string[] = []): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows/index.ts', root)),
    workflowInterceptorModules: interceptorModules,
    logger: Runtime.instance().logger,
  })
}
