import { z } from 'zod'
import type { LandedRow } from '../../../streams/streams.ts'
import type { Outcome } from '../../destination.ts'
import { partsBySize } from '../../parts-by-size.ts'
import type { Ask } from '../http/client.ts'
import { ensureCodeRecords } from './code-records.ts'
import type { Likeness } from '../mapping/likeness.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import type { CodeObject, TargetObject } from '../account/prepared.ts'
import type { Fields } from '../mapping/fields.ts'
import { scanKey } from '../mapping/scan-fields.ts'
import { readBatchAnswer, type HubSpotRecord } from '../http/read-batch-answer.ts'
import type { RecordIds } from '../mapping/record-ids.ts'
import { askBatch, callLimits, upsertBatch, type WriteInput } from '../http/send-batch.ts'
import { settleAsTheyCome, type Verdicts } from './settle-inputs.ts'
import { mapRow } from '../mapping/to-values.ts'

/** Two calls for each 100 scans: one writes their records, one associates them with those of their codes. */
export async function* upsertScans(
  ask: Ask,
  objects: { codes: CodeObject; scans: TargetObject },
  { recordIds, likeness, fields }: { recordIds: RecordIds; likeness: Likeness; fields: Fields['scans'] },
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { codes, scans } = objects
  const { refused, sendable } = sortOut(rows.map((row) => mapRow(fields, row)))
  const codeOf = new Map(sendable.map(({ id, row }) => [id, row.qr_code_id]))
  const lacking = await withoutCodes([...codeOf.keys()])
  for (const [id, reason] of lacking) refused.set(id, reason)
  if (refused.size > 0) yield outcomesOf({ refused })

  const inputs = sendable
    .map(({ id, values }) => ({ key: id, id, values }))
    .filter(({ key }) => !lacking.has(key))
  for (const part of partsBySize(inputs, callLimits)) {
    // Associated together, however many calls it took to write them.
    const records = new Map<string, HubSpotRecord>()
    const write = (some: readonly WriteInput[]) => upsertBatch(ask, scans.typeId, scanKey, some)
    for await (const { done, refused, untried } of settleAsTheyCome(part, write, likeness)) {
      for (const [key, record] of done) records.set(key, record)
      if (refused.size > 0) yield outcomesOf({ refused, untried })
    }
    yield* associateAll(records)
  }

  async function* associateAll(records: ReadonlyMap<string, HubSpotRecord>): AsyncGenerator<Outcome[]> {
    const pairs = pairsOf(records, [...records.keys()])
    const doubted = new Map<string, string>()
    for await (const { done, refused } of settleAsTheyCome(pairs, (some) => associate(ask, objects, some))) {
      for (const [key, reason] of refused) doubted.set(key, reason)
      if (done.size > 0) yield outcomesOf({ done, refused: new Map() })
    }
    if (doubted.size === 0) return
    // The record of a code may have been deleted, and made anew, since it was seen.
    const doubtful = pairs.filter(({ key }) => doubted.has(key))
    for (const { key } of doubtful) recordIds.delete(codeOf.get(key) ?? '')
    const gone = await withoutCodes(doubtful.map(({ key }) => key))
    const there = doubtful.map(({ key }) => key).filter((key) => !gone.has(key))
    const seenAt = new Map(doubtful.map(({ key, to }) => [key, to]))
    const moved = pairsOf(records, there).filter(({ key, to }) => seenAt.get(key) !== to)
    for (const [key, reason] of gone) doubted.set(key, reason)
    for (const { key } of moved) doubted.delete(key)
    if (doubted.size > 0) yield outcomesOf({ refused: doubted })
    for await (const settled of settleAsTheyCome(moved, (some) => associate(ask, objects, some))) {
      yield outcomesOf(settled)
    }
  }

  /** Why there is no record of a scan's code, by the scan; a scan whose code has a record is absent. */
  async function withoutCodes(ids: readonly string[]): Promise<Map<string, string>> {
    const codeIds = ids.map((id) => codeOf.get(id) ?? '')
    const lacking = await ensureCodeRecords(ask, codes, recordIds, codeIds, likeness)
    const without = new Map<string, string>()
    for (const id of ids) {
      const why = lacking.get(codeOf.get(id) ?? '')
      if (why !== undefined) without.set(id, `its QR code has no record: ${why}`)
    }
    return without
  }

  function pairsOf(records: ReadonlyMap<string, HubSpotRecord>, ids: readonly string[]): Pair[] {
    return ids.map((key) => ({
      key,
      id: records.get(key)?.id ?? '',
      to: recordIds.get(codeOf.get(key) ?? '') ?? '',
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
