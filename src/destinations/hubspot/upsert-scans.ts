import { z } from 'zod'
import type { LandedRow } from '../../model/stream.ts'
import type { UpsertOutcome } from '../destination.ts'
import type { Ask } from './client.ts'
import { readRecords } from './find-records.ts'
import { latestOfEachId, sortOut, toOutcome } from './outcome.ts'
import type { CodeObject, TargetObject } from './prepared.ts'
import { codeKey, scanKey } from './properties.ts'
import { readBatchAnswer } from './read-batch-answer.ts'
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
  await learnCodes(codeOf.values())

  const inputs = sendable.map(({ id, values }) => ({ key: id, id, values })).filter(({ key }) => hasCode(key))
  for (let start = 0; start < inputs.length; start += inputsPerCall) {
    const part = inputs.slice(start, start + inputsPerCall)
    const written = await settleInputs(part, (some) => upsertBatch(ask, scans.typeId, scanKey, some))
    for (const [id, reason] of written.refused) refused.set(id, reason)
    await associateAll([...written.done].map(([id, record]) => toPair(id, record.id)))
  }
  return toOutcome(rows, refused)

  async function associateAll(pairs: readonly Pair[]) {
    const first = await settleInputs(pairs, (some) => associate(ask, objects, some))
    if (first.refused.size === 0) return
    // The record of a code may have been deleted, and made anew, since it was seen.
    const doubtful = pairs.filter(({ key }) => first.refused.has(key))
    for (const { key } of doubtful) recordIds.delete(codeOf.get(key) ?? '')
    await learnCodes(doubtful.map(({ key }) => codeOf.get(key) ?? ''))
    const others = doubtful.filter(({ key }) => hasCode(key))
    const second = await settleInputs(
      ...([
        others.map(({ key, id }) => toPair(key, id)),
        (some: readonly Pair[]) => associate(ask, objects, some),
      ] as const),
    )
    for (const [id, reason] of second.refused) refused.set(id, reason)
  }

  function hasCode(id: string): boolean {
    const codeId = codeOf.get(id) ?? ''
    if (recordIds.get(codeId) !== undefined) return true
    refused.set(id, `no ${codes.name} record with ${codeKey} = ${codeId}`)
    return false
  }

  function toPair(key: string, id: string): Pair {
    return { key, id, to: recordIds.get(codeOf.get(key) ?? '') ?? '' }
  }

  async function learnCodes(wanted: Iterable<string>) {
    const unseen = [...wanted].filter((id) => recordIds.get(id) === undefined)
    for (const [codeId, [id]] of await readRecords(ask, codes.typeId, codeKey, unseen))
      if (id !== undefined) recordIds.set(codeId, id)
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
