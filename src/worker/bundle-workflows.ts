import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker'

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url))

/** Bundles the workflows, as Temporal's sandbox wants them. */
export function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath, logger: Runtime.instance().logger })
}
