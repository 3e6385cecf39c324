import { createRequire } from 'node:module'
import { TypedSearchAttributes } from '@temporalio/common'
import proto, { type coresdk, type google, type temporal } from '@temporalio/proto'
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker'
import type * as WorkerModule from '@temporalio/worker/lib/worker.js'
import type * as VmModule from '@temporalio/worker/lib/workflow/reusable-vm.js'
import type * as VmSharedModule from '@temporalio/worker/lib/workflow/vm-shared.js'
import type { Activities } from '../../../activities/contract.ts'
import { fileURLToPath } from 'node:url'

// Modules that the SDK does not export: this is the only file that knows them, and package.json pins their
// version.
const require = createRequire(import.meta.url)
const { parseWorkflowCode } = require('@temporalio/worker/lib/worker.js') as typeof WorkerModule
const { ReusableVMWorkflowCreator } =
  require('@temporalio/worker/lib/workflow/reusable-vm.js') as typeof VmModule
const { globalHandlers } = require('@temporalio/worker/lib/workflow/vm-shared.js') as typeof VmSharedModule

export type Job = coresdk.workflow_activation.IWorkflowActivationJob
export type Command = coresdk.workflow_commands.IWorkflowCommand
export type ActivityResult = coresdk.activity_result.IActivityResolution
export type Payload = temporal.api.common.v1.IPayload
export type Failure = temporal.api.failure.v1.IFailure

export interface Start {
  workflowId: string
  runId: string
  firstRunId: string
  originalRunId: string
  workflowType: string
  taskQueue: string
  startedMs: number
}

export interface Activation {
  atMs: number
  jobs: Job[]
  historyEvents: number
  historyBytes: number
  continueAsNewSuggested: boolean
}

export interface ActivationResult {
  commands: Command[]
  /** Of the SDK: the server stores them with the task, so that a newer SDK replays it like this one. */
  flags: readonly number[]
}

/** One run of a workflow in a worker's cache. */
export interface WorkflowInstance {
  /**
   * @param knownFlags for a replay: those of the SDK that applied when the task was first done
   * @throws if the workflow's code failed in a way that fails the task and not the workflow
   */
  activate(
    activation: Activation,
    isReplaying: boolean,
    knownFlags?: readonly number[],
  ): Promise<ActivationResult>
  dispose(): Promise<void>
}

export interface WorkflowCode {
  create(start: Start): Promise<WorkflowInstance>
}

const activityNames: readonly (keyof Activities)[] = [
  'refreshCatalogue',
  'collectScans',
  'followPlan',
  'requestDelivery',
  'deliver',
]

/** The real workflow bundle in the SDK's real sandbox, driven by activations as the SDK's core does. */
export async function loadWorkflowCode(): Promise<WorkflowCode> {
  const workflowsPath = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url))
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  const creator = await ReusableVMWorkflowCreator.create(
    parseWorkflowCode(bundle.code),
    noTimeLimit,
    new Set(activityNames),
  )
  // They collect a stack trace for each promise of this process, and end it for an unhandled rejection.
  globalHandlers.uninstall()
  process.removeAllListeners('unhandledRejection')
  return { create: (start) => createInstance(creator, start) }
}

async function createInstance(
  creator: InstanceType<typeof ReusableVMWorkflowCreator>,
  start: Start,
): Promise<WorkflowInstance> {
  const { workflowId, runId, firstRunId, originalRunId, workflowType, taskQueue, startedMs } = start
  const workflow = await creator.createWorkflow({
    info: {
      workflowId,
      runId,
      workflowType,
      firstExecutionRunId: firstRunId,
      originalExecutionRunId: originalRunId,
      taskQueue,
      namespace: 'default',
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      startTime: new Date(startedMs),
      runStartTime: new Date(startedMs),
      taskTimeoutMs: 10_000,
      attempt: 1,
      historyLength: 0,
      historySize: 0,
      continueAsNewSuggested: false,
      targetWorkerDeploymentVersionChanged: false,
      suggestedContinueAsNewReasons: [],
      memo: {},
      priority: {},
      unsafe: {
        now: () => startedMs,
        isReplaying: false,
        isReplayingHistoryEvents: false,
        random: unusedRandom,
      },
    },
    randomnessSeed: seedOf(originalRunId),
    now: startedMs,
    showStackTraceSources: false,
    failureExceptionTypeNames: [],
  } as unknown as Parameters<typeof creator.createWorkflow>[0])
  return {
    async activate(
      { atMs, jobs, historyEvents, historyBytes, continueAsNewSuggested },
      isReplaying,
      knownFlags = [],
    ) {
      const { successful, failed } = await workflow.activate(
        proto.coresdk.workflow_activation.WorkflowActivation.fromObject({
          runId,
          jobs,
          isReplaying,
          continueAsNewSuggested,
          timestamp: timestampOf(atMs),
          historyLength: historyEvents,
          historySizeBytes: historyBytes,
          availableInternalFlags: [...knownFlags],
        }),
      )
      if (failed) throw new Error(failed.failure?.message ?? 'the workflow task failed')
      return { commands: successful?.commands ?? [], flags: successful?.usedInternalFlags ?? [] }
    },
    dispose: () => workflow.dispose(),
  }
}

export function timestampOf(timeMs: number): google.protobuf.Timestamp {
  const nanos = (timeMs % 1000) * 1_000_000
  return proto.google.protobuf.Timestamp.fromObject({ nanos, seconds: Math.floor(timeMs / 1000) })
}

function seedOf(runId: string): number[] {
  return Array.from(runId.slice(0, 8), (character) => character.charCodeAt(0))
}

/** A limit would start a thread for each call into the sandbox. */
const noTimeLimit = undefined as unknown as number

const unusedRandom = { next: () => 0 }
