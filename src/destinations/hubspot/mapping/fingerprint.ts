import { createHash } from 'node:crypto'
import type { LandedRow } from '../../../streams/streams.ts'
import type { LinkObject, Prepared } from '../account/prepared.ts'
import type { HubSpotStream } from '../settings.ts'
import { mapRow, type Mapped } from './to-values.ts'

/**
 * Names everything that a row becomes, and where: in which account, on which object, identified by which
 * property, and every value that is written. So a row is written again only if a version, or a setting, changes
 * any of this.
 */
export function fingerprintOf(stream: HubSpotStream, row: LandedRow, prepared: Prepared | undefined): string {
  const written = JSON.stringify([
    prepared?.portalId,
    stream,
    prepared === undefined ? [] : placeOf(stream, row.id, prepared),
    prepared === undefined ? row.json : contentOf(stream, row, prepared),
  ])
  return createHash('sha256').update(written).digest('base64url').slice(0, 22)
}

function placeOf(stream: HubSpotStream, id: string, prepared: Prepared) {
  const { codes, scans } = prepared
  const link = linkOf(id, prepared)
  switch (stream) {
    case 'code_summaries':
      return [codes?.typeId]
    case 'scans':
      return [codes?.typeId, scans?.typeId]
    case 'link_summaries':
      return [link?.typeId, link?.property]
    case 'link_codes':
      return [codes?.typeId, link?.typeId, link?.codeLabel?.typeId]
    case 'link_scans':
      return [scans?.typeId, link?.typeId, link?.showsScans, link?.event]
  }
}

function linkOf(id: string, { links }: Prepared): LinkObject | undefined {
  const [, link] = [...links].find(([rule]) => id.startsWith(`${rule}#`)) ?? []
  return link
}

/** The values; for a row that becomes nothing, or has no values, the row itself. */
function contentOf(stream: HubSpotStream, row: LandedRow, prepared: Prepared): unknown {
  if (stream === 'link_codes' || stream === 'link_scans') return row.json
  const mapped: Mapped<unknown> = mapOf(stream, row, prepared)
  return 'values' in mapped ? [mapped.values, enumerated(stream, row.id, prepared)] : row.json
}

/** Which properties have options: one that was a text before needs an option for each of its values. */
function enumerated(stream: HubSpotStream, id: string, prepared: Prepared): string[] {
  const { codes, scans, fields, options } = prepared
  if (stream === 'code_summaries') return codes === null ? [] : options.among(codes, fields.codes)
  if (stream === 'scans') return scans === null ? [] : options.among(scans, fields.scans)
  const link = linkOf(id, prepared)
  return link === undefined ? [] : options.among(link, link.fields)
}

function mapOf(
  stream: Exclude<HubSpotStream, 'link_codes' | 'link_scans'>,
  row: LandedRow,
  prepared: Prepared,
): Mapped<unknown> {
  const { codes, scans } = prepared.fields
  switch (stream) {
    case 'code_summaries':
      return mapRow(codes, row)
    case 'scans':
      return mapRow(scans, row)
    case 'link_summaries':
      return mapRow(linkOf(row.id, prepared)?.fields ?? [], row)
  }
}
