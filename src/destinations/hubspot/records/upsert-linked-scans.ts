import type {
  BatchedBehavioralEventHttpCompletionRequest,
  BehavioralEventHttpCompletionRequest,
} from '@hubspot/api-client/lib/codegen/events/send/index.js'
import { dayMs } from '../../../model/durations.ts'
import type { LandedRow } from '../../../streams/streams.ts'
import type { LinkedScan } from '../../../streams/summaries.ts'
import type { Outcome } from '../../destination.ts'
import { partsBySize, type PartLimits } from '../../parts-by-size.ts'
import type { LinkObject, TargetObject } from '../account/prepared.ts'
import type { Ask } from '../http/client.ts'
import { readAnswering } from '../http/read-answering.ts'
import { readBatchErrors } from '../http/read-batch-answer.ts'
import { inputsPerCall, sendBatch, textPerCall } from '../http/send-batch.ts'
import { asSent, type Plain } from '../http/told.ts'
import { eventUuid, eventValues, type EventField } from '../mapping/event-fields.ts'
import { scanKey } from '../mapping/scan-fields.ts'
import { mapRow } from '../mapping/to-values.ts'
import { associateDefault } from './associate-default.ts'
import type { Pair } from './associate-with-codes.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import { removeAssociation } from './remove-association.ts'
import { settleAsTheyCome, settleInputs, type Verdicts } from './settle-inputs.ts'

/**
 * The most events that HubSpot accepts in one call. Its published files have no limit in the request model.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/guide (limits)
 */
export const eventsPerCall = 500

const eventLimits: PartLimits<EventInput> = {
  items: eventsPerCall,
  size: textPerCall,
  sizeOf: ({ body }) => JSON.stringify(body.properties).length,
}

interface LinkedScanWork {
  ask: Ask
  links: ReadonlyMap<string, LinkObject>
  /** The object of scans if they have records of their own. */
  scans: TargetObject | null
  eventFields: readonly EventField[]
}

/**
 * Shows the scans on a linked record. If scans have records of their own, this needs two calls per 100: one
 * finds these records, one associates them. If the account has custom events, it needs one call per 500.
 */
export async function* upsertLinkedScans(
  work: LinkedScanWork,
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { refused, sendable } = sortOut(rows.map((row) => mapRow<LinkedScan>([], row)))
  if (refused.size > 0) yield outcomesOf({ refused })
  const all = sendable.map(({ row }) => row)
  for (const [rule, ofRule] of Map.groupBy(all, (each) => each.rule)) {
    const link = work.links.get(rule)
    const linked = ofRule.filter((each) => each.is_linked)
    const unlinked = ofRule.filter((each) => !each.is_linked)
    if (link === undefined) {
      yield ofRule.map(({ id }) => ({ id, is: 'confirmed' }))
      continue
    }
    yield* show(work, link, linked)
    for (const part of partsOf(unlinked)) yield* takeBack(work, link, part)
  }
}

async function* show(
  work: LinkedScanWork,
  link: LinkObject,
  rows: readonly LinkedScan[],
): AsyncGenerator<Outcome[]> {
  const shown: LinkedScan[] = []
  for (const part of partsOf(rows)) shown.push(...(yield* associate(work, link, part)))
  const { event } = link
  if (event === null) {
    if (shown.length > 0) yield shown.map(({ id }) => ({ id, is: 'confirmed' }))
    return
  }
  const refused = new Map<string, string>()
  const inputs: EventInput[] = []
  for (const row of shown) {
    try {
      inputs.push(toEvent(work.eventFields, event, row))
    } catch (error) {
      refused.set(
        row.id,
        `no event can be made of it: ${error instanceof Error ? error.message : 'unreadable'}`,
      )
    }
  }
  if (refused.size > 0) yield outcomesOf({ refused })
  for (const part of partsBySize(inputs, eventLimits)) {
    for await (const settled of settleAsTheyCome(part, (some) => sendEvents(work.ask, some))) {
      yield outcomesOf(settled)
    }
  }
}

/** As many rows as one call that reads or associates records. */
function partsOf(rows: readonly LinkedScan[]): Iterable<LinkedScan[]> {
  return partsBySize(rows, { items: inputsPerCall, size: Infinity, sizeOf: () => 0 })
}

/** @returns rows that are associated, or need not be */
async function* associate(
  { ask, scans }: LinkedScanWork,
  link: LinkObject,
  rows: readonly LinkedScan[],
): AsyncGenerator<Outcome[], LinkedScan[]> {
  if (scans === null || !link.showsScans || rows.length === 0) return [...rows]
  const { pairs, without, refused } = await toPairs(ask, scans, rows)
  if (refused.size > 0) yield outcomesOf({ refused })
  if (without.length > 0) {
    const reason = 'its scan has no record in HubSpot: it was refused, or somebody has deleted it'
    yield without.map(({ id }) => ({ id, is: 'rejected', reason, againAfterMs: dayMs }))
  }
  const settled = await settleInputs(pairs, (some) => associateDefault(ask, scans, link, some))
  if (settled.refused.size > 0) yield outcomesOf({ refused: settled.refused, untried: settled.untried })
  return rows.filter(({ id }) => settled.done.has(id))
}

/** Pairs the records of scans with the linked records. */
async function toPairs(
  ask: Ask,
  { typeId }: TargetObject,
  rows: readonly LinkedScan[],
): Promise<{ pairs: Pair[]; without: LinkedScan[]; refused: Map<string, string> }> {
  const ids = [...new Set(rows.map(({ scan }) => scan.id))]
  const read = await readAnswering(ask, { typeId, idProperty: scanKey }, ids)
  const pairs: Pair[] = []
  const without: LinkedScan[] = []
  const refused = new Map<string, string>()
  for (const row of rows) {
    const record = read.records.get(row.scan.id)
    const unread = read.refused.get(row.scan.id)
    if (record !== undefined) pairs.push({ key: row.id, id: record.id, to: row.record })
    else if (unread === undefined) without.push(row)
    else refused.set(row.id, `the record of its scan cannot be read: ${unread}`)
  }
  return { pairs, without, refused }
}

interface EventInput {
  key: string
  /** The record on which it happened. */
  id: string
  body: Plain<BehavioralEventHttpCompletionRequest>
}

function toEvent(fields: readonly EventField[], eventName: string, row: LinkedScan): EventInput {
  const body = {
    eventName,
    objectId: row.record,
    occurredAt: timeOf(row.scan),
    uuid: eventUuid(row.id),
    properties: eventValues(fields, row),
  }
  return { key: row.id, id: row.record, body }
}

/** @throws Error if it is not a time */
function timeOf({ scanned_at: at }: LinkedScan['scan']): Date {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) throw new Error(`scanned_at is no time: ${at}`)
  return time
}

/** HubSpot answers with an empty body if it accepts all of them, including those that it has already. */
async function sendEvents(ask: Ask, inputs: readonly EventInput[]): Promise<Verdicts<string>> {
  const batch = asSent<BatchedBehavioralEventHttpCompletionRequest>({
    inputs: inputs.map(({ body }) => body),
  })
  const { status, text } = await sendBatch(ask, ({ events }) => events.sendWithHttpInfo(batch), {
    readAs: 204,
    has207: false,
  })
  if (status >= 300) return readBatchErrors({ status, text, body: {} }, inputs)
  const done = new Map(inputs.map(({ key, id }) => [key, id]))
  return { done, refused: new Map(), passing: new Map(), reason: null }
}

/** Withdraws associations only: what has happened stays an event. */
async function* takeBack(
  { ask, scans }: LinkedScanWork,
  link: LinkObject,
  rows: readonly LinkedScan[],
): AsyncGenerator<Outcome[]> {
  if (rows.length === 0) return
  if (scans === null || !link.showsScans) {
    yield rows.map(({ id }) => ({ id, is: 'confirmed' }))
    return
  }
  // A record that was merged into another needs no removal: the code may name the other one.
  const recordIds = [...new Set(rows.map(({ record }) => record))]
  const linked = await readAnswering(ask, { typeId: link.typeId, idProperty: undefined }, recordIds)
  const { pairs, refused } = await toPairs(
    ask,
    scans,
    rows.filter(({ record }) => linked.records.get(record)?.id === record),
  )
  for (const { id, record } of rows) {
    const unread = linked.refused.get(record)
    if (unread !== undefined) refused.set(id, `its association may still be there: ${unread}`)
  }
  if (refused.size > 0) yield outcomesOf({ refused })
  const there = new Set(pairs.map(({ key }) => key))
  const gone = rows.filter(({ id }) => !there.has(id) && !refused.has(id))
  if (gone.length > 0) yield gone.map(({ id }) => ({ id, is: 'confirmed' }))
  yield* removeAssociation(ask, { from: scans, to: link, label: null }, pairs)
}
