import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { describe, expect, inject, test } from 'vitest'
import type { DeliverySlice, DeliveryInput, SliceResult } from '../../../activities/contract.ts'
import { startDevServer } from '../../../src/temporal/server/dev-server.ts'
import { bundleWorkflows } from '../../../src/worker/bundle-workflows.ts'
import type { ActivityAttempt, ActivityOutcome } from './activity-attempt.ts'
import { Random } from '../machines/random.ts'
import { TemporalServer } from './temporal-server.ts'
import { VirtualTime } from '../machines/virtual-time.ts'
import { loadWorkflowCode } from './workflow-code.ts'

/** What an activity does, call by call: it returns, or it fails and says when to retry. */
type Step = { returns: unknown } | { failsForMs: number } | { failsForGood: true }

interface Script {
  workflowType: 'sync' | 'deliver'
  workflowId: string
  input: object
  /** Sent with the start. */
  signal: { name: string; args: unknown[] } | null
  steps: Partial<Record<string, Step[]>>
}

/** The compared results of both servers: the order of attempts, their input, and how it ended. */
interface Seen {
  attempts: string[]
  end: string
  result: unknown
}

const slice = (more: Partial<SliceResult> = {}): SliceResult => ({
  calls: 1,
  landed: 2,
  isDone: false,
  wait: null,
  ...more,
})
const delivered = (more: Partial<DeliverySlice> = {}): DeliverySlice => ({
  delivered: 3,
  rejected: 0,
  isDone: true,
  ...more,
})

const scripts: Record<string, Script> = {
  'a delivery that is retried, goes on, gathers, and ends': {
    workflowType: 'deliver',
    workflowId: 'delivery',
    input: { connector: 'test', destination: 'warehouse' },
    signal: { name: 'rowsLanded', args: [{ isUrgent: false }] },
    steps: {
      deliver: [
        { failsForMs: 1_000 },
        { returns: delivered({ isDone: false }) },
        { returns: delivered({ gatherUntilMs: 1, gatherForMs: 300 }) },
        { returns: delivered() },
      ],
    },
  },
  'a delivery that can never be mended': {
    workflowType: 'deliver',
    workflowId: 'hopeless',
    input: { connector: 'test', destination: 'warehouse' },
    signal: null,
    steps: { deliver: [{ failsForMs: 1_000 }, { failsForGood: true }] },
  },
  'a manual sync that waits and is then done': {
    workflowType: 'sync',
    workflowId: 'manual',
    input: { connector: 'test', mode: 'now' },
    signal: null,
    steps: {
      refreshCatalogue: [{ returns: slice({ isDone: true }) }],
      collectScans: [
        { returns: slice({ wait: { reason: 'minute', untilMs: 1, forMs: 400 } }) },
        { failsForMs: 1_000 },
        { returns: slice({ isDone: true }) },
      ],
      requestDelivery: [{ returns: null }, { returns: null }],
    },
  },
}

function activitiesOf(script: Script, seen: Seen) {
  const left = structuredClone(script.steps)
  return (name: string, attempt: number, input: unknown): unknown => {
    const { syncId, ...given } = input as Partial<DeliveryInput> & { syncId?: string }
    const isKnown = syncId === undefined ? '' : ' with its id'
    seen.attempts.push(`${name} ${attempt} ${JSON.stringify(given)}${isKnown}`)
    const step = left[name]?.shift()
    if (step === undefined) throw ApplicationFailure.nonRetryable('the script has ended')
    if ('returns' in step) return step.returns
    if ('failsForGood' in step) throw ApplicationFailure.nonRetryable('for good', 'CONFIG_INVALID')
    throw ApplicationFailure.create({ message: 'not yet', nextRetryDelay: step.failsForMs })
  }
}

async function runForReal(script: Script): Promise<Seen> {
  const seen: Seen = { attempts: [], end: '', result: null }
  const act = activitiesOf(script, seen)
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const server = await startDevServer({ executable: inject('temporalExecutable') })
  const connection = await Connection.connect({ address: server.address })
  const native = await NativeConnection.connect({ address: server.address })
  const { Context } = await import('@temporalio/activity')
  const activity = (name: string) => (input: unknown) => act(name, Context.current().info.attempt, input)
  const names = ['refreshCatalogue', 'collectScans', 'followPlan', 'requestDelivery', 'deliver']
  const worker = await Worker.create({
    connection: native,
    taskQueue: 'contract',
    workflowBundle: await bundleWorkflows(),
    activities: Object.fromEntries(names.map((name) => [name, activity(name)])),
  })
  await worker.runUntil(async () => {
    const { workflow } = new Client({ connection })
    const start = { workflowId: script.workflowId, taskQueue: 'contract', args: [script.input] }
    const handle =
      script.signal === null
        ? await workflow.start(script.workflowType, start)
        : await workflow.signalWithStart(script.workflowType, {
            ...start,
            signal: script.signal.name,
            signalArgs: script.signal.args,
          })
    try {
      seen.result = await handle.result()
      seen.end = 'completed'
    } catch {
      seen.end = 'failed'
    }
  })
  await native.close()
  await connection.close()
  await server.stop()
  return seen
}

async function runInModel(script: Script): Promise<Seen> {
  const seen: Seen = { attempts: [], end: '', result: null }
  const act = activitiesOf(script, seen)
  const time = new VirtualTime(Date.UTC(2026, 0, 1), new Random(1))
  const server = new TemporalServer({
    time,
    random: new Random(2),
    code: await loadWorkflowCode(),
    faults: {
      latencyMs: () => 5,
      // Every task is replayed from the history first.
      evicts: () => true,
      losesCompletion: () => false,
      losesAnswer: () => false,
      longestHistory: 4_096,
    },
    events: {
      event: () => undefined,
      activity: () => undefined,
      signalled: () => undefined,
      taskFailure: (_run, reason) => {
        throw new Error(reason)
      },
      timedOut: () => undefined,
      closed: ({ end, texts }) => {
        seen.end = end ?? ''
        if (end === 'completed') seen.result = JSON.parse(texts.at(-1) ?? 'null')
      },
    },
  })
  const actor = { name: 'worker', isAlive: true, clockAheadMs: 0, frozenUntilMs: 0 }
  const execute = ({ order, number }: ActivityAttempt): Promise<ActivityOutcome> => {
    const [input] = order.args.map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload))
    try {
      const result = defaultPayloadConverter.toPayload(act(order.type, number, input))
      return Promise.resolve({ is: 'completed', result })
    } catch (error) {
      return Promise.resolve({ is: 'failed', error })
    }
  }
  const installed = time.install()
  try {
    server.addWorker({ actor, execute })
    const { workflowId, workflowType, input, signal } = script
    const request = { workflowId, workflowType, taskQueue: 'contract', args: [input] }
    if (signal === null) server.start(request)
    else server.signalWithStart(request, signal.name, signal.args)
    await time.runUntil(time.nowMs + 60_000, () => seen.end !== '')
  } finally {
    installed[Symbol.dispose]()
  }
  return seen
}

describe('the model of the Temporal server', () => {
  test.each(Object.entries(scripts))('behaves like the real server: %s', async (_name, script) => {
    const real = await runForReal(script)
    expect(real.attempts.length).toBeGreaterThan(1)
    expect(await runInModel(script)).toEqual(real)
  })
})
