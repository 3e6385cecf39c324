import type { WorkflowCode, WorkflowInstance } from './workflow-code.ts'
import type { WorkflowRun } from './workflow-run.ts'

/**
 * Rebuilds a workflow from its history, like a worker that does not have it in its cache.
 *
 * @throws if the code does not repeat what it did: it is not deterministic
 */
export async function replayedAlike(code: WorkflowCode, run: WorkflowRun): Promise<WorkflowInstance> {
  const instance = await code.create(run)
  for (const { activation, commands, patches, flags } of run.tasks) {
    const known = patches.map((patchId) => ({ notifyHasPatch: { patchId } }))
    const again = await instance.activate(
      { ...activation, jobs: [...known, ...activation.jobs] },
      true,
      flags,
    )
    const text = JSON.stringify(again.commands)
    if (text !== commands) {
      await instance.dispose()
      throw new Error(`replayed otherwise: ${text.slice(0, 300)} instead of ${commands.slice(0, 300)}`)
    }
  }
  return instance
}
