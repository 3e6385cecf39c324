import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker'

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url))

/**
 * Bundles the workflows, as Temporal's sandbox wants them.
 *
 * @param interceptorModules whose interceptors take part in them
 */
export function bundleWorkflows(interceptorModules: string[] = []): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: interceptorModules,
    logger: Runtime.instance().logger,
  })
}
