import { readdirSync, readFileSync } from 'node:fs'
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'

const folder = new URL('histories/', import.meta.url)
const files = readdirSync(folder)

interface RecordedEvent {
  eventId: string
  eventType: string
  activityTaskScheduledEventAttributes?: { activityType: { name: string } }
  timerStartedEventAttributes?: unknown
  timerFiredEventAttributes?: { startedEventId: string }
  markerRecordedEventAttributes?: { details: Record<string, { payloads: { data: string }[] }> }
  userMetadata?: { summary: { data: string } }
}

const histories = files.map((file) => {
  const { events } = JSON.parse(readHistory(file)) as { events: RecordedEvent[] }
  return { file, events }
})

let workflowBundle: WorkflowBundle
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  workflowBundle = await bundleWorkflows()
})

describe('the workflows replay the histories of the deployed version', () => {
  it.each([
    ['a wait for the minute', 'sync', isTimer('minute spent')],
    ['a wait for what is worth a call', 'sync', isTimer('nothing is worth a call yet')],
    ['a planned slice', 'sync', calls('followPlan')],
    ['news told before a wait', 'sync', isPatch('tells-before-waits')],
    ['a failure, told', 'sync', isPatch('tells-after-failures')],
    ['a failure', 'sync', isOfType('WORKFLOW_EXECUTION_FAILED')],
    ['a cancellation', 'sync', isOfType('WORKFLOW_EXECUTION_CANCELED')],
    ['a watch over a slice', 'sync', isPatch('tells-when-overdue')],
    ['a watch over a delivery', 'deliver', isPatch('tells-when-overdue')],
    ['a sync continued as new', 'sync', isOfType('WORKFLOW_EXECUTION_CONTINUED_AS_NEW')],
    ['a delivery continued as new', 'deliver', isOfType('WORKFLOW_EXECUTION_CONTINUED_AS_NEW')],
    ['a gathering', 'deliver', isTimer('gathers rows until')],
    ['a retry of one stream', 'deliver', isTimer('next try')],
  ] as const)('including %s', (_, workflow, isIt) => {
    const found = histories.filter(({ file, events }) => file.startsWith(`${workflow}-`) && events.some(isIt))
    expect(found).not.toEqual([])
  })

  it.each(['sync', 'deliver'])('including an overdue slice (%s)', (workflow) => {
    const found = histories.filter(
      ({ file, events }) =>
        file.startsWith(`${workflow}-`) &&
        events.some((event) => isTimer('overdue')(event) && hasFired(event, events)),
    )
    expect(found).not.toEqual([])
  })

  it.each(files)('%s', async (file) => {
    await Worker.runReplayHistory({ workflowBundle }, JSON.parse(readHistory(file)))
  })
})

function isOfType(name: string) {
  return ({ eventType }: RecordedEvent) => eventType === `EVENT_TYPE_${name}`
}

function calls(activity: string) {
  return (event: RecordedEvent) => event.activityTaskScheduledEventAttributes?.activityType.name === activity
}

function isTimer(text: string) {
  return ({ timerStartedEventAttributes: timer, userMetadata }: RecordedEvent) =>
    timer !== undefined && textOf(userMetadata?.summary).includes(text)
}

function hasFired(timer: RecordedEvent, events: readonly RecordedEvent[]): boolean {
  return events.some(({ timerFiredEventAttributes: fired }) => fired?.startedEventId === timer.eventId)
}

function isPatch(id: string) {
  return ({ markerRecordedEventAttributes: marker }: RecordedEvent) =>
    Object.values(marker?.details ?? {}).some(({ payloads }) =>
      payloads.some((payload) => textOf(payload).includes(`"${id}"`)),
    )
}

function textOf(payload: { data: string } | undefined): string {
  return Buffer.from(payload?.data ?? '', 'base64').toString()
}

function readHistory(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
}
