import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { bundleWorkflows } from '../../../src/worker/bundle-workflows.ts'

/** What `keep-bundle.ts` puts in the place of the function of the same name: the first process that asks keeps what it made. */
export async function workflowBundle(interceptorModules: string[]): Promise<WorkflowBundleWithSourceMap> {
  const { KEPT_BUNDLE: file } = process.env
  if (file === undefined || interceptorModules.length > 0) return bundleWorkflows(interceptorModules)
  if (existsSync(file)) return { code: readFileSync(file, 'utf8'), sourceMap: '' }
  const made = await bundleWorkflows()
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, made.code)
  renameSync(unfinished, file)
  return made
}
