/**
 * Records histories of runs that would otherwise need hours or an outage: the workflows are those of this
 * checkout, and `scripted-runs.ts` says what their activities do. Run it like `record-histories.ts`, in a
 * checkout of the deployed version.
 *
 * node test/replay/record-scripted.ts
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import type { Activities } from '../../activities/contract.ts'
import { findTemporalExecutable } from '../../src/temporal/server/find-executable.ts'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'
import { scriptedRuns, type ScriptedRun } from './scripted-runs.ts'

const taskQueue = 'recorded'
const overdueMs = 62_000

/** The activities of all runs: each finds its turn by the workflow that calls it. */
function scriptedActivities(): Record<keyof Activities, () => Promise<unknown>> {
  const taken = new Map<string, number>()
  const take = (name: keyof Activities) => async () => {
    const { workflowId } = Context.current().info.workflowExecution ?? {}
    const turns = scriptedRuns.find((run) => run.name === workflowId)?.turns[name] ?? []
    const key = `${String(workflowId)} ${name}`
    const at = taken.get(key) ?? 0
    taken.set(key, at + 1)
    const turn = turns[Math.min(at, turns.length - 1)]
    if (turn === 'fails') throw ApplicationFailure.nonRetryable('the key is revoked', 'API_KEY_INVALID')
    if (turn !== 'takes more than a minute') return turn
    const endMs = Date.now() + overdueMs
    while (Date.now() < endMs) {
      Context.current().heartbeat()
      await sleep(1_000)
    }
    return turns[at + 1]
  }
  return {
    refreshCatalogue: take('refreshCatalogue'),
    collectScans: take('collectScans'),
    followPlan: take('followPlan'),
    requestDelivery: take('requestDelivery'),
    deliver: take('deliver'),
  }
}

async function play(client: Client, { name, start, signals = [], cancelAfterMs }: ScriptedRun) {
  const workflow = await client.workflow.start(start.type, {
    workflowId: name,
    taskQueue,
    args: [start.input],
  })
  for (const { afterMs, isUrgent } of signals) {
    await sleep(afterMs)
    await workflow.signal('rowsLanded', { isUrgent })
  }
  if (cancelAfterMs !== undefined) {
    await sleep(cancelAfterMs)
    await workflow.cancel()
  }
  await workflow.result().catch((error: unknown) => {
    console.log(`${name} ended: ${String(error)}`)
  })
}

async function keep(name: string, run: number, workflow: WorkflowHandle): Promise<void> {
  const history = await workflow.fetchHistory()
  const { type } = await workflow.describe()
  const file = `${import.meta.dirname}/histories/${type}-${name}-${run}.json`
  // Hide which process on which host did it.
  writeFileSync(file, historyToJSON(history).replaceAll(/\d+@[\w.-]+/g, 'worker'))
  console.log(`${name}, run ${run}: ${history.events?.length ?? 0} events`)
}

const { path } = await findTemporalExecutable({ onProgress: console.log })
const environment = await TestWorkflowEnvironment.createLocal({
  server: {
    executable: { type: 'existing-path', path },
    // By default, a run continues as new only after 4,096 events.
    extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=100'],
  },
})
const worker = await Worker.create({
  connection: environment.nativeConnection,
  taskQueue,
  workflowBundle: await bundleWorkflows(),
  activities: scriptedActivities(),
})
await worker.runUntil(async () => {
  const { client } = environment
  await Promise.all(scriptedRuns.map((run) => play(client, run)))
  const runs = new Map<string, string[]>()
  for await (const { workflowId, runId } of client.workflow.list()) {
    // The newest comes first.
    runs.set(workflowId, [runId, ...(runs.get(workflowId) ?? [])])
  }
  for (const [workflowId, runIds] of runs) {
    for (const [index, runId] of runIds.entries()) {
      await keep(workflowId, index + 1, client.workflow.getHandle(workflowId, runId))
    }
  }
})
await environment.teardown()
