import type { LandedRow } from '../../../streams/streams.ts'
import type { Outcome } from '../../destination.ts'
import { partsBySize } from '../../parts-by-size.ts'
import type { Ask } from '../http/client.ts'
import { associateDefault } from './associate-default.ts'
import { associateWithCodes, findCodes, type Associating, type CodeTie } from './associate-with-codes.ts'
import type { Likeness } from '../mapping/likeness.ts'
import { outcomesOf, sortOut } from './outcome.ts'
import type { PropertyOptions } from '../account/options.ts'
import type { CodeObject, TargetObject } from '../account/prepared.ts'
import type { Fields } from '../mapping/fields.ts'
import { scanKey } from '../mapping/scan-fields.ts'
import type { HubSpotRecord } from '../http/read-batch-answer.ts'
import type { RecordIds } from '../mapping/record-ids.ts'
import { callLimits, upsertBatch, type WriteInput } from '../http/send-batch.ts'
import { settleAsTheyCome } from './settle-inputs.ts'
import { mapRow } from '../mapping/to-values.ts'

/**
 * Makes two calls per 100 scans: one writes their records, one associates them with those of their codes, if
 * HubSpot allows it.
 */
export async function* upsertScans(
  ask: Ask,
  objects: { codes: CodeObject; scans: TargetObject },
  {
    recordIds,
    likeness,
    fields,
    options,
  }: { recordIds: RecordIds; likeness: Likeness; fields: Fields['scans']; options: PropertyOptions },
  rows: readonly LandedRow[],
): AsyncGenerator<Outcome[]> {
  const { codes, scans } = objects
  const work: Associating = { ask, codes, recordIds, likeness }
  const { refused, sendable } = sortOut(rows.map((row) => mapRow(fields, row)))
  const codeOf = new Map(sendable.map(({ id, row }) => [id, row.qr_code_id]))
  const sought = codes.canBeAssociated ? [...codeOf].map(([key, codeId]) => ({ key, codeId })) : []
  const { found, without: lacking } = await findCodes(work, sought)
  for (const [id, reason] of lacking) refused.set(id, reason)
  if (refused.size > 0) yield outcomesOf({ refused })

  const inputs = sendable
    .map(({ id, values }) => ({ key: id, id, values }))
    .filter(({ key }) => !lacking.has(key))
  for (const part of partsBySize(inputs, callLimits)) {
    // Associated together, however many calls wrote them.
    const records = new Map<string, HubSpotRecord>()
    const write = (some: readonly WriteInput[]) =>
      options.send({ ask, object: scans, fields }, some, (fitted) =>
        upsertBatch(ask, scans.typeId, scanKey, fitted),
      )
    for await (const { done, refused, untried } of settleAsTheyCome(part, write, likeness)) {
      for (const [key, record] of done) records.set(key, record)
      if (refused.size > 0) yield outcomesOf({ refused, untried })
    }
    if (!codes.canBeAssociated) {
      yield outcomesOf({ done: records, refused: new Map() })
      continue
    }
    const ties = [...records].map(([key, { id }]): CodeTie => ({
      key,
      from: id,
      codeId: codeOf.get(key) ?? '',
      to: found.get(key) ?? '',
    }))
    yield* associateWithCodes(work, ties, (pairs) => associateDefault(ask, scans, codes, pairs))
  }
}
