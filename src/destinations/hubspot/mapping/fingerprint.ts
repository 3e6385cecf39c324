import { createHash } from 'node:crypto'
import type { LandedRow } from '../../../streams/streams.ts'
import type { Prepared } from '../account/prepared.ts'

/** A row that was written otherwise is written again: to be raised when values are spelled in a new way. */
const mappingVersion = 1

/** Names all that a row becomes, and where: in which account, on which object, found by which property. */
export function fingerprintOf(
  stream: 'code_summaries' | 'scans' | 'link_summaries',
  { id, json }: LandedRow,
  prepared: Prepared | undefined,
): string {
  const written = JSON.stringify([
    mappingVersion,
    prepared?.portalId,
    stream,
    placeOf(stream, id, prepared),
    json,
  ])
  return createHash('sha256').update(written).digest('base64url').slice(0, 22)
}

function placeOf(stream: string, id: string, prepared: Prepared | undefined) {
  if (prepared === undefined) return []
  const { codes, scans, links } = prepared
  if (stream === 'code_summaries') return [codes.typeId]
  if (stream === 'scans') return [codes.typeId, scans?.typeId]
  const [, link] = [...links].find(([rule]) => id.startsWith(`${rule}#`)) ?? []
  return [link?.typeId, link?.property]
}
