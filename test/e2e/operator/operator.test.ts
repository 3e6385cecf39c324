import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import type { Ended } from '../../support/processes/connector-process.ts'
import { addKey, keyPrefix } from '../../../reference-api/account/keys.ts'
import { names } from '../../../src/temporal/names.ts'
import { installTimeoutMs } from '../../support/bigquery/bqemulator.ts'
import {
  codes,
  connector,
  startTroubledWorld,
  type TroubledWorld,
} from '../../support/worlds/troubled-world.ts'
import { canMountDisks } from '../../support/ledger/small-disk.ts'
import { until } from '../../support/until.ts'
import { readWaits } from '../../support/temporal/read-waits.ts'
import { untilSeen, viewWorkflow } from '../../support/temporal/workflow-view.ts'
import type { StatusJson } from '../../../src/cli/json/status-shape.ts'

/**
 * What `status`, the Temporal UI and the log show for each trouble that an operator meets, and that everything
 * continues automatically once the cause is fixed. docs/operating.md has the same as a table.
 */
let world: TroubledWorld
beforeAll(async () => {
  world = await startTroubledWorld()
}, installTimeoutMs)
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => {
  world.log()
})

const hourMs = 3_600_000
const perMonth = 100_000
/** More than a minute, because a pause this long uses a timer of the workflow. */
const monthLeftMs = 75_000
const syncNow = names.syncNowWorkflow(connector)
const deliveryTo = (destination: string) => names.deliverWorkflow(connector, destination)
const problemsIn = (status: string) => status.split('\n').filter((line) => line.startsWith('!'))
const accepted = async () => (await world.api.audit()).accepted

async function callsOfMe(): Promise<number> {
  const { purposes } = JSON.parse((await world.qrsync('usage --json')).stdout) as {
    purposes: { purpose: string; calls: number }[]
  }
  return purposes.find(({ purpose }) => purpose === 'identify')?.calls ?? 0
}

/** Waits until the workflow's activity has failed, while the command that waits for it continues. */
async function untilFailing(workflowId: string, code: string, command?: Promise<Ended>) {
  const hasEnded = command?.then((ended) => {
    throw new Error(`the command ended with ${ended.code}: ${ended.stderr}`)
  })
  const seen = untilSeen(world.client, workflowId, ({ failure }) => failure?.type === code)
  const { failure } = await Promise.race(hasEnded === undefined ? [seen] : [seen, hasEnded])
  return failure?.message
}

/** Expects a warning with the error's code and place. */
function expectLogged(code: string, where: object): void {
  const lines = world.log().filter(({ msg }) => msg === 'Activity failed')
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 40,
      connector,
      error: expect.objectContaining({ code }) as object,
      ...where,
    }),
  )
}

/** Makes the planner run now, and waits until it waits. */
async function startPlanned() {
  await world.qrsync('sync')
  const ids: string[] = []
  await until(async () => {
    const { syncs } = JSON.parse((await world.qrsync('status --json')).stdout) as StatusJson
    ids.push(...syncs.map(({ workflow_id }) => workflow_id).filter((id) => id !== syncNow))
    return ids.length > 0
  }, 500)
  const [workflowId = ''] = ids
  // It ends if it would wait for longer than until the Schedule's next run.
  await untilSeen(
    world.client,
    workflowId,
    ({ details, status }) => details.includes('nothing is worth a call yet') || status === 'COMPLETED',
  )
  return world.client.workflow.getHandle(workflowId)
}

async function expectAllWell(): Promise<void> {
  await world.untilEqual('warehouse', 'bi', 'crm')
  await until(async () => problemsIn(await world.statusText()).length === 0, 500)
}

it("HubSpot's token expired", async () => {
  world.hubspot.expireToken()
  await world.scan()
  const sync = world.qrsync('sync --now')
  const message = await untilFailing(deliveryTo('crm'), 'DESTINATION_FORBIDDEN')
  expect(message).toContain('Destination crm: HubSpot does not accept the token')
  expect(message).toContain('Set the token of a service key or private app')
  // The other destinations have not noticed anything.
  await world.untilEqual('warehouse', 'bi')
  const { text, json } = await world.status()
  expect(problemsIn(text)).toEqual([
    expect.stringMatching(/^! crm: DESTINATION_FORBIDDEN: .* \(attempt \d+ has failed/),
  ])
  expect(json.destinations.find(({ name }) => name === 'crm')?.rows_behind).toBeGreaterThanOrEqual(codes)
  expect(text).toMatch(/crm .* fails \(DESTINATION_FORBIDDEN\)/)
  expectLogged('DESTINATION_FORBIDDEN', { destination: 'crm' })

  // A waiting user may leave, and it continues to run.
  const left = await world.qrsyncInterrupted('deliver -d crm', 'qrsync retries automatically')
  expect(left).toMatchObject({ code: null, stdout: '' })

  const before = await accepted()
  world.hubspot.renewToken()
  await expectAllWell()
  expect((await sync).code).toBe(0)
  expect(await accepted()).toBe(before)
})

it("BigQuery's permission lost", async () => {
  world.mayUseBigQuery(false)
  await world.scan()
  const sync = world.qrsync('sync --now')
  const message = await untilFailing(deliveryTo('bi'), 'DESTINATION_FORBIDDEN')
  expect(message).toContain('Access Denied: Dataset troubled')
  expect(message).toContain('`qrsync check` shows what is missing; qrsync retries automatically.')
  await world.untilEqual('warehouse', 'crm')
  expect(problemsIn(await world.statusText())).toEqual([
    expect.stringMatching(
      /^! bi: DESTINATION_FORBIDDEN: .*Access Denied: Dataset troubled\. `qrsync check` .* \(attempt \d+ has failed/,
    ),
  ])
  expectLogged('DESTINATION_FORBIDDEN', { destination: 'bi' })

  const before = await accepted()
  world.mayUseBigQuery(true)
  await expectAllWell()
  expect((await sync).code).toBe(0)
  expect(await accepted()).toBe(before)
})

it('the key was revoked', async () => {
  const { api } = world
  api.store.keys.revoke(api.accountId, keyPrefix(api.key), Date.now())
  await world.scan()
  const { code, stderr } = await world.qrsync('sync --now')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^API_KEY_REJECTED: /m)
  expect(await viewWorkflow(world.client, syncNow)).toMatchObject({ status: 'FAILED' })
  await expect(world.client.workflow.getHandle(syncNow).result()).rejects.toMatchObject({
    cause: { cause: { type: 'API_KEY_REJECTED' } },
  })
  const text = await world.statusText()
  expect(problemsIn(text)).toEqual([
    expect.stringMatching(/^! Sync: API_KEY_REJECTED: .* \(it has ended, the next is at .* UTC\)$/),
  ])
  expect(text).not.toContain(api.key)
  expectLogged('API_KEY_REJECTED', { workflowId: syncNow })

  world.useKey(addKey(api.store, api.accountId, Date.now()))
  await world.stopWorker()
  await world.startWorker()
  await expectAllWell()
})

it('Temporal restarted', async () => {
  world.hubspot.goDown()
  await world.scan()
  const sync = world.qrsync('sync --now')
  await untilFailing(deliveryTo('crm'), 'DESTINATION_UNAVAILABLE')
  await world.stopTemporal()
  const { text, json } = await world.status()
  expect(problemsIn(text)).toEqual([expect.stringMatching(/^! Temporal: .*127\.0\.0\.1/)])
  expect(json.temporal_error).not.toBeNull()
  expect(text).toMatch(/^Budget /m)
  await until(() => world.log().some(({ level, msg }) => level >= 40 && /temporal|poll|connect/i.test(msg)))

  world.hubspot.comeBack()
  await world.startTemporal()
  await expectAllWell()
  const { code, stderr } = await sync
  expect(code, stderr).toBe(0)
})

it.skipIf(!canMountDisks())("the ledger's disk is full", async () => {
  const { disk } = world
  if (disk === null) throw new Error('the disk could not be mounted')
  disk.fill(1_000_000)
  // Whatever happens in this test, later ones need the disk.
  onTestFinished(() => {
    disk.empty()
  })
  await world.scan()
  const before = await accepted()
  const sync = world.qrsync('sync --now')
  const message = await untilFailing(syncNow, 'LEDGER_UNAVAILABLE', sync)
  expect(message).toMatch(/its disk has 0 MB left, so qrsync makes no call\.\nFree at least 32 MB\./)
  expect(problemsIn(await world.statusText())).toEqual([
    expect.stringMatching(/^! Sync: LEDGER_UNAVAILABLE: The ledger .* \(attempt \d+ has failed/),
  ])
  expectLogged('LEDGER_UNAVAILABLE', { workflowId: syncNow })
  expect(await accepted()).toBe(before)

  disk.empty()
  await expectAllWell()
  expect((await sync).code).toBe(0)
  expect(await accepted()).toBe(before + 1 + codes)
})

it.each([
  ['behind', -hourMs],
  ['ahead of', hourMs],
])('the clock of the worker is an hour %s the right time', async (word, byMs) => {
  world.moveClock(byMs)
  await world.scan()
  const before = await accepted()
  const askedBefore = await callsOfMe()
  expect((await world.qrsync('sync --now')).code).toBe(0)
  await world.untilEqual('warehouse', 'bi', 'crm')
  // For a clock that is ahead, hours have passed since /me was last requested.
  const asked = (await callsOfMe()) - askedBefore
  expect(asked).toBeLessThanOrEqual(1)
  expect((await accepted()) - asked).toBe(before + 1 + codes)
  const says = `the worker's clock is 60 min ${word} the API's: set it right (NTP).`
  expect(problemsIn(await world.statusText())).toEqual([expect.stringContaining(`! Clock: ${says}`)])
  expect((await viewWorkflow(world.client, syncNow)).details).toContain(`**Clock:** ${says}`)
  expect(world.log()).toContainEqual(
    expect.objectContaining({ level: 40, connector, msg: expect.stringContaining(says) as string }),
  )

  // A wait of the planner lasts as long as it said, although Temporal's clock differs.
  const planned = await startPlanned()
  const waits = (await readWaits(planned)).filter(({ text }) => text.startsWith('nothing is worth a call'))
  expect(Math.min(...waits.map(({ forMs }) => forMs))).toBeGreaterThan(1_000)
  if ((await planned.describe()).status.name === 'RUNNING') await planned.cancel()

  world.moveClock(0)
  await world.scan()
  expect((await world.qrsync('sync --now')).code).toBe(0)
  await expectAllWell()
  expect((await world.api.audit()).refused.minute).toBe(0)
})

it('the month is spent', async () => {
  // The last of these tests, because a connector that has seen December never returns to November.
  const now = new Date()
  const monthEndMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)
  world.moveApiClock(monthEndMs - now.getTime() - monthLeftMs)
  await world.scan()
  await world.api.spendCalls(perMonth)
  const sync = world.qrsync('sync --now')
  const { details } = await untilSeen(world.client, syncNow, ({ outcome }) => outcome === 'waiting')
  expect(details).toMatch(/^\*\*Waiting\*\*: month spent: continues at 20/)
  const text = await world.statusText()
  expect(problemsIn(text)).toEqual([
    expect.stringMatching(/^! API: the API asked for a pause, since .*: the month's calls are used up/),
  ])
  // By our clock the month continues: that the API has calls again in a minute says nothing about our count.
  expect(text).toMatch(/^Budget .* calls this month; the API asks for a pause, continues at /m)
  expect(world.log()).toContainEqual(
    expect.objectContaining({ level: 40, connector, msg: 'call', outcome: 'refused' }),
  )
  const before = await accepted()

  await expectAllWell()
  expect((await sync).code).toBe(0)
  expect(await accepted()).toBeGreaterThan(before)
})
