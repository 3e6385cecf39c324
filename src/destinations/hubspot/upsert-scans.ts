import { z } from 'zod'
import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import { latestOfEachId } from '../latest-of-each-id.ts'
import type { Ask } from './client.ts'
import { ensureCodeRecords } from './code-records.ts'
import { sortOut, toOutcome } from './outcome.ts'
import type { CodeObject, TargetObject } from './prepared.ts'
import { scanKey } from './properties.ts'
import { readBatchAnswer, type HubSpotRecord } from './read-batch-answer.ts'
import type { RecordIds } from './record-ids.ts'
import { askBatch, inputsPerCall, upsertBatch } from './send-batch.ts'
import { settleInputs, type Verdicts } from './settle-inputs.ts'
import { mapScan } from './to-values.ts'

/** Two calls for each 100 scans: one writes their records, one associates them with those of their codes. */
export async function upsertScans(
  ask: Ask,
  objects: { codes: CodeObject; scans: TargetObject },
  recordIds: RecordIds,
  rows: readonly LandedRow[],
): Promise<UpsertOutcome> {
  const { codes, scans } = objects
  const { refused, sendable } = sortOut(latestOfEachId(rows).map(mapScan))
  const codeOf = new Map(sendable.map(({ id, row }) => [id, row.qr_code_id]))
  const sent = await withCodes([...codeOf.keys()])

  const inputs = sendable
    .map(({ id, values }) => ({ key: id, id, values }))
    .filter(({ key }) => sent.has(key))
  for (let start = 0; start < inputs.length; start += inputsPerCall) {
    const part = inputs.slice(start, start + inputsPerCall)
    const written = await settleInputs(part, (some) => upsertBatch(ask, scans.typeId, scanKey, some))
    for (const [id, reason] of written.refused) refused.set(id, reason)
    await associateAll(written.done)
  }
  return toOutcome(rows, refused)

  async function associateAll(records: ReadonlyMap<string, HubSpotRecord>) {
    const pairs = pairsOf(records, [...records.keys()])
    const first = await settleInputs(pairs, (some) => associate(ask, objects, some))
    if (first.refused.size === 0) return
    for (const [id, reason] of first.refused) refused.set(id, reason)
    // The record of a code may have been deleted, and made anew, since it was seen.
    const doubtful = pairs.filter(({ key }) => first.refused.has(key))
    for (const { key } of doubtful) recordIds.delete(codeOf.get(key) ?? '')
    const there = await withCodes(doubtful.map(({ key }) => key))
    const seenAt = new Map(doubtful.map(({ key, to }) => [key, to]))
    const moved = pairsOf(records, [...there]).filter(({ key, to }) => seenAt.get(key) !== to)
    const second = await settleInputs(moved, (some) => associate(ask, objects, some))
    for (const { key } of moved) refused.delete(key)
    for (const [id, reason] of second.refused) refused.set(id, reason)
  }

  /** Those of the scans of whose codes there are records. */
  async function withCodes(ids: readonly string[]): Promise<Set<string>> {
    const codeIds = ids.map((id) => codeOf.get(id) ?? '')
    const lacking = await ensureCodeRecords(ask, codes, recordIds, codeIds)
    return new Set(
      ids.filter((id) => {
        const why = lacking.get(codeOf.get(id) ?? '')
        if (why !== undefined) refused.set(id, `its QR code has no record: ${why}`)
        return why === undefined
      }),
    )
  }

  function pairsOf(records: ReadonlyMap<string, HubSpotRecord>, ids: readonly string[]): Pair[] {
    return ids.map((key) => ({
      ...{ key, id: records.get(key)?.id ?? '', to: recordIds.get(codeOf.get(key) ?? '') ?? '' },
    }))
  }
}

/** From the id of a scan's record to that of its code's. */
interface Pair {
  key: string
  id: string
  to: string
}

const end = z.object({ id: z.coerce.string() })
const madePairs = z.object({ results: z.array(z.object({ from: end, to: end })).catch([]) })

/** Associating once more changes nothing. */
async function associate(
  ask: Ask,
  { codes, scans }: { codes: CodeObject; scans: TargetObject },
  pairs: readonly Pair[],
): Promise<Verdicts<string>> {
  const path = `/crm/associations/2026-09/${scans.typeId}/${codes.typeId}/batch/associate/default`
  const body = { inputs: pairs.map(({ id, to }) => ({ from: { id }, to: { id: to } })) }
  const reply = await askBatch(ask, path, body)
  const verdicts = readBatchAnswer(reply, pairs, () => [])
  const made = reply.status < 300 ? reply.read(madePairs).results : []
  const names = new Set(made.map(({ from, to }) => `${from.id} ${to.id}`))
  const done = pairs.filter(({ id, to }) => names.has(`${id} ${to}`))
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}
