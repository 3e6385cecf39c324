import type { ActivityAttempt } from './activity-attempt.ts'
import type { Scheduled } from '../machines/event-queue.ts'
import type {
  Activation,
  ActivationResult,
  Command,
  Job,
  Payload,
  WorkflowInstance,
} from './workflow-code.ts'
import type { Actor } from '../machines/virtual-time.ts'

/** A finished task of a workflow, which a replay is compared with. */
export interface DoneTask {
  activation: Activation
  /** As the workflow gave them. */
  given: readonly Command[]
  commands: string
  patches: string[]
  flags: readonly number[]
}

export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'continued' | 'lost'

/** One run of a workflow: its history, and what it waits for. */
export class WorkflowRun {
  readonly workflowId: string
  readonly runId: string
  readonly firstRunId: string
  /** The run whose history it has up to the point of its reset: its random numbers begin alike. */
  readonly originalRunId: string
  readonly workflowType: string
  readonly taskQueue: string
  readonly startedMs: number
  readonly input: Payload[]
  end: RunEnd | null = null
  failure: string | null = null
  continuedBy: WorkflowRun | null = null
  /** The number of events in its history. */
  events = 1
  bytes = 0
  readonly tasks: DoneTask[] = []
  /** Everything in its history that was sent to it, or that it has sent. */
  texts: string[] = []
  /** The jobs of the next task. */
  readonly jobs: Job[] = []
  /** Whether a task is scheduled or running. */
  hasTask = false
  readonly timers = new Map<number, Scheduled>()
  /** By number; without an attempt while none is running. */
  readonly activities = new Map<number, { type: string; attempt: ActivityAttempt | null }>()
  instance: WorkflowInstance | null = null
  /** The ledger's last scan at the time of the last signal. */
  signalledSeq = 0
  /** When the last activity that completed for it began. */
  lastSliceMs = 0
  cachedBy: Actor | null = null

  constructor(start: {
    workflowId: string
    runId: string
    firstRunId: string | null
    workflowType: string
    taskQueue: string
    startedMs: number
    input: Payload[]
    originalRunId?: string
  }) {
    this.workflowId = start.workflowId
    this.runId = start.runId
    this.firstRunId = start.firstRunId ?? start.runId
    this.originalRunId = start.originalRunId ?? start.runId
    this.workflowType = start.workflowType
    this.taskQueue = start.taskQueue
    this.startedMs = start.startedMs
    this.input = start.input
  }

  get isOpen(): boolean {
    return this.end === null
  }

  /** Adds data to the history. */
  note(payloads: readonly Payload[]): void {
    for (const { data } of payloads) {
      if (!data) continue
      this.bytes += data.length
      this.texts.push(Buffer.from(data).toString())
    }
  }

  /** Gives it the history of another run before one of its tasks. @returns the jobs of its next task */
  continueFrom(run: WorkflowRun, task: DoneTask, earlier: readonly DoneTask[]): Job[] {
    const { activation } = task
    this.tasks.push(...earlier)
    this.events = activation.historyEvents + 1
    this.bytes = activation.historyBytes
    this.signalledSeq = run.signalledSeq
    this.lastSliceMs = run.lastSliceMs
    const later = run.tasks.slice(earlier.length + 1).flatMap((each) => each.activation.jobs)
    // The server sends the signals again that have come since.
    const signals = [...later, ...run.jobs].filter(({ signalWorkflow }) => signalWorkflow)
    return [...activation.jobs, ...signals]
  }

  keep(activation: Activation, { commands, flags }: ActivationResult): void {
    const patches = commands.flatMap(({ setPatchMarker }) => setPatchMarker?.patchId ?? [])
    this.tasks.push({ activation, given: commands, patches, flags, commands: JSON.stringify(commands) })
  }
}
