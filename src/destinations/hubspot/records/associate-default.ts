import { z } from 'zod'
import type { TargetObject } from '../account/prepared.ts'
import type { Ask } from '../http/client.ts'
import { readBatchAnswer } from '../http/read-batch-answer.ts'
import { askBatch } from '../http/send-batch.ts'
import type { Pair } from './associate-with-codes.ts'
import type { Verdicts } from './settle-inputs.ts'

const end = z.object({ id: z.coerce.string() })
const madePairs = z.object({ results: z.array(z.object({ from: end, to: end })).catch([]) })

/** Without a label; associating once more changes nothing. */
export async function associateDefault(
  ask: Ask,
  from: TargetObject,
  to: TargetObject,
  pairs: readonly Pair[],
): Promise<Verdicts<string>> {
  const path = `/crm/associations/2026-09/${from.typeId}/${to.typeId}/batch/associate/default`
  const body = { inputs: pairs.map((pair) => ({ from: { id: pair.id }, to: { id: pair.to } })) }
  const reply = await askBatch(ask, path, body)
  const verdicts = readBatchAnswer(reply, pairs, () => [])
  const made = reply.status < 300 ? reply.read(madePairs).results : []
  const names = new Set(made.map((each) => `${each.from.id} ${each.to.id}`))
  const done = pairs.filter((pair) => names.has(`${pair.id} ${pair.to}`))
  return { ...verdicts, done: new Map(done.map(({ key, id }) => [key, id])) }
}
