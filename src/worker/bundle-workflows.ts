import { fileURLToPath } from 'node:url'
import {
  bundleWorkflowCode,
  Runtime,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { keepBundle } from './keep-bundle.ts'

/** What becomes part of the workflows' bundle. */
export interface BundleParts {
  /** The interceptors of tracing, or none. */
  interceptorModules: string[]
  /** Of a data converter; undefined for the SDK's own. */
  failureConverterPath: string | undefined
}

/** Returns where the build puts a bundle in `dist`. */
export function builtBundle({ interceptorModules, failureConverterPath }: BundleParts): string {
  const encrypted = failureConverterPath === undefined ? '' : 'encrypted-'
  const traced = interceptorModules.length === 0 ? '' : 'traced-'
  return `workflows/${encrypted}${traced}bundle.js`
}

/** Node runs the sources of a checkout directly; the published package contains only their build. */
const isBuilt = import.meta.url.endsWith('.js')
const root = new URL('../../', import.meta.url)

/**
 * Returns the workflows as a worker runs them: bundled when the package was built, or bundled from the sources
 * of a checkout, once for each state of them.
 */
export function workflowBundle(parts: BundleParts): Promise<WorkflowBundleOption> {
  if (!isBuilt) return keepBundle(root, parts, () => bundleWorkflows(parts))
  return Promise.resolve({ codePath: fileURLToPath(new URL(builtBundle(parts), root)) })
}

/** Bundles the workflows for Temporal's sandbox. */
export function bundleWorkflows(parts?: BundleParts): Promise<WorkflowBundleWithSourceMap> {
  const { interceptorModules = [], failureConverterPath } = parts ?? {}
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows/index.ts', root)),
    workflowInterceptorModules: interceptorModules,
    ...(failureConverterPath !== undefined && { failureConverterPath }),
    logger: Runtime.instance().logger,
  })
}
