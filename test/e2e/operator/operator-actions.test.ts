import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { names } from '../../../src/temporal/names.ts'
import { readRun } from '../../../src/temporal/read-runs.ts'
import { callsTo } from '../../support/destinations/hubspot-world.ts'
import { startOperatorWorld, type Mark, type OperatorWorld } from '../../support/worlds/operator-world.ts'
import { until } from '../../support/until.ts'

const codes = 40
/** A sync requests the list, then a page of each code: after this many calls it is in the middle. */
const middleAfterCalls = 12

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

const statusOf = async (workflow: WorkflowHandle) => (await workflow.describe()).status.name

/** Resets like the button of the UI, to the workflow's first task. */
async function reset({ client }: OperatorWorld, { workflowId }: WorkflowHandle): Promise<WorkflowHandle> {
  const { runId } = await client.workflow.getHandle(workflowId).describe()
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
  const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done)
  if (first?.eventId == null) throw new Error('it has done nothing yet')
  const { runId: newRunId } = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'by an operator',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first.eventId,
  })
  return client.workflow.getHandle(workflowId, newRunId)
}

describe('an operator action during a run', () => {
  let world: OperatorWorld
  beforeAll(async () => {
    world = await startOperatorWorld({
      connector: 'operated',
      temporalAddress: temporal.address,
      every: '1h',
      codes,
      scans: 1_000,
      latencyMs: 150,
    })
    await world.syncNow()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const runOf = async (id: string) => {
    const { workflowId, runId } = await world.client.workflow.getHandle(id).describe()
    return world.client.workflow.getHandle(workflowId, runId)
  }
  /**
   * A running sync may have signalled the destinations before the operator acted: the next one signals them
   * afterwards.
   */
  const finishThenSync = async () => {
    await (await world.start()).result()
    await world.syncNow()
  }
  const crm = () => names.deliverWorkflow(world.connector, 'crm')
  const upsertsNow = () => callsTo(world.hubspot, 'batch/upsert')

  /** Adds new scans to every code, and runs a sync until it has landed some of them. */
  async function reachMiddleOfSync(): Promise<{ sync: WorkflowHandle; mark: Mark }> {
    await world.scan(2)
    const mark = await world.mark()
    await world.start()
    await until(async () => (await world.accepted()) >= mark.accepted + middleAfterCalls)
    const sync = await runOf(names.syncNowWorkflow(world.connector))
    expect(await statusOf(sync)).toBe('RUNNING')
    return { sync, mark }
  }

  /**
   * Adds new scans, and runs a delivery until it has sent some of them to HubSpot. HubSpot answers slowly until
   * `quicken` is called, so that the delivery is still running when the operator acts, however busy the machine
   * is.
   */
  async function reachMiddleOfDelivery() {
    const quicken = world.hubspot.slowDown('batch/upsert', 1_500)
    await world.scan(20)
    const mark = await world.mark()
    await world.start()
    // Calls of a terminated delivery may still arrive: they show nothing about this one.
    const isDelivering = async () => {
      const { status, raw } = await (await runOf(crm())).describe()
      return status.name === 'RUNNING' && (raw.pendingActivities ?? []).length > 0
    }
    await until(isDelivering)
    const upserts = upsertsNow()
    await until(async () => upsertsNow() >= upserts + 2 && (await isDelivering()))
    const delivery = await runOf(crm())
    expect(world.hubspot.recordsOf('qr_scan').length).toBeLessThan((await world.api.scanIds()).size)
    return { delivery, mark, quicken }
  }

  it('cancelling a delivery: the next one continues', async () => {
    const { delivery, mark, quicken } = await reachMiddleOfDelivery()
    await delivery.cancel()
    await until(async () => (await statusOf(delivery)) === 'CANCELLED')
    quicken()
    await finishThenSync()
    await world.expectSound(mark, codes)
  })

  it('terminating a delivery: the next one continues', async () => {
    const { delivery, mark, quicken } = await reachMiddleOfDelivery()
    await delivery.terminate('by an operator')
    expect(await statusOf(delivery)).toBe('TERMINATED')
    quicken()
    await finishThenSync()
    await world.expectSound(mark, codes)
  })

  it('resetting a delivery: it delivers what is left, and the second time nothing', async () => {
    const { delivery, mark, quicken } = await reachMiddleOfDelivery()
    const again = await reset(world, delivery)
    quicken()
    await again.result()
    await finishThenSync()
    await world.expectSound(mark, codes)
    expect(await (await reset(world, await runOf(crm()))).result()).toEqual({ delivered: 0, rejected: 0 })
    await world.expectSound(mark, codes)
  })

  it('cancelling a sync: the next one fetches the rest', async () => {
    const { sync, mark } = await reachMiddleOfSync()
    await sync.cancel()
    await until(async () => (await statusOf(sync)) === 'CANCELLED')
    expect((await world.accepted()) - mark.accepted).toBeLessThan(codes)
    await world.syncNow()
    await world.expectSound(mark, codes)
  })

  it('terminating a sync: the next one fetches the rest', async () => {
    const { sync, mark } = await reachMiddleOfSync()
    await sync.terminate('by an operator')
    expect(await statusOf(sync)).toBe('TERMINATED')
    await world.syncNow()
    await world.expectSound(mark, codes)
  })

  it('resetting a sync, running or done: it does not fetch landed rows again', async () => {
    const { sync, mark } = await reachMiddleOfSync()
    await (await reset(world, sync)).result()
    await world.syncNow()
    await world.expectSound(mark, codes)
    await (await reset(world, await runOf(sync.workflowId))).result()
    await world.syncNow()
    await world.expectSound(mark, codes)
  })

  it('pausing the Schedule: only a triggered sync starts, until the Schedule continues', async () => {
    const schedule = world.client.schedule.getHandle(names.schedule(world.connector))
    // More often than a config file allows, because the test waits for due times that pass.
    await schedule.update(({ action, policies, state }) => ({
      policies,
      state,
      spec: { intervals: [{ every: '1s' }] },
      action: { ...action, args: [{ connector: world.connector, mode: 'planned', everyMs: 1_000 }] },
    }))
    const started = async () => (await schedule.describe()).info.numActionsTaken
    const isIdle = async () => ((await schedule.describe()).raw.info?.runningWorkflows ?? []).length === 0
    await until(async () => (await started()) >= 2)

    await schedule.pause('by an operator')
    await until(isIdle)
    await world.scan(3)
    const mark = await world.mark()
    const startedBefore = await started()
    const pausedAtMs = Date.now()
    // Three missed runs.
    await until(() => Date.now() - pausedAtMs > 3_000)
    expect(await started()).toBe(startedBefore)
    expect((await world.mark()).accepted).toBe(mark.accepted)

    await schedule.trigger()
    await until(async () => (await started()) > startedBefore)
    await until(isIdle)
    expect(await started()).toBe(startedBefore + 1)

    await schedule.unpause('by an operator')
    await until(async () => (await started()) > startedBefore + 2)
    await schedule.pause('at its end')
    await until(isIdle)
    await world.syncNow()
    await world.expectSound(mark, codes)
  })
  it('encrypting what Temporal stores: a failure is shown here, and nothing is readable there', async () => {
    world.hubspot.expireToken()
    await world.scan(1)
    await world.start()
    const failing = async () =>
      (await (await runOf(crm())).describe()).raw.pendingActivities?.[0]?.lastFailure
    await until(async () => (await failing()) != null)
    expect(await failing()).toMatchObject({ message: 'Encoded failure', stackTrace: '' })
    expect((await readRun(world.client, crm()))?.failure?.message).toContain('HubSpot does not accept')
    world.hubspot.renewToken()
    await world.syncNow()

    const readable: string[] = []
    let encrypted = 0
    for await (const { workflowId, runId, raw } of world.client.workflow.list()) {
      const history = await world.client.workflow.getHandle(workflowId, runId).fetchHistory()
      const stored = { history, memo: raw.memo }
      for (const { metadata, data } of payloadsIn(stored)) {
        if (Buffer.from(metadata.encoding).toString() === 'binary/encrypted') encrypted += 1
        // The server indexes search attributes, and the SDK itself marks the patches of workflow code.
        else if (!('type' in metadata)) readable.push(Buffer.from(data).toString())
      }
      expect(messagesIn(stored).filter((message) => message.includes('HubSpot'))).toEqual([])
    }
    expect(readable.filter((text) => !/^\{"id":"[a-z-]+","deprecated":false\}$/.test(text))).toEqual([])
    expect(encrypted).toBeGreaterThan(100)
  })
})

interface StoredPayload {
  metadata: { encoding: Uint8Array }
  data: Uint8Array
}

/** Returns all payloads in it, at any depth. */
function payloadsIn(stored: unknown): StoredPayload[] {
  if (typeof stored !== 'object' || stored === null || stored instanceof Uint8Array) return []
  if ('metadata' in stored && 'data' in stored) return [stored as unknown as StoredPayload]
  return Object.values(stored).flatMap(payloadsIn)
}

/** Returns the messages of all failures in it. */
function messagesIn(stored: unknown): string[] {
  if (typeof stored !== 'object' || stored === null || stored instanceof Uint8Array) return []
  const inner = Object.values(stored).flatMap(messagesIn)
  return 'message' in stored && typeof stored.message === 'string' ? [stored.message, ...inner] : inner
}
