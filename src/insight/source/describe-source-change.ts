import type { SourceChange } from '../../ledger/shapes/note-shapes.ts'

/** Names a field of the API's responses, such as `scans.campaign`. */
export const fieldOfChange = ({ part, field }: Pick<SourceChange, 'part' | 'field'>) => `${part}.${field}`

/** Describes what the API has changed, and what qrsync does with it, in a sentence or two. */
export function describeSourceChange(change: SourceChange): string {
  const field = fieldOfChange(change)
  switch (change.kind) {
    case 'new': {
      const type = change.types.length === 0 ? '' : ` (${change.types.join(' or ')})`
      return `The API sends the new field ${field}${type}. ${fateOfUnknown(change)}`
    }
    case 'missing':
      return `The API no longer sends ${field}. ${fateOfMissing(change)}`
    case 'type':
      return `The API sends ${field} as ${change.types.join(' or ')}, which it did not do before. ${fateOfType(change)}`
  }
}

/** Rows of these parts are stored with all their fields. */
const hasExtra = ({ part }: SourceChange) => part === 'scans' || part === 'qr_codes'

function fateOfUnknown(change: SourceChange): string {
  return hasExtra(change)
    ? 'It goes to the column `extra` (in BigQuery with `new_fields: columns`, to one of its own), unless `privacy` drops it; no row is lost.'
    : 'qrsync does not store it. What it stores is unchanged.'
}

function fateOfMissing(change: SourceChange): string {
  if (change.isRequired) return 'Rows need it: they are set aside until it is back ("qrsync rejects list").'
  if (!change.isRead) return 'It is missing from `extra` in new rows; no row is lost.'
  return 'It is empty (null) in new rows; no row is lost.'
}

function fateOfType(change: SourceChange): string {
  if (!change.isRead) return 'qrsync keeps it as it comes; no row is lost.'
  return 'qrsync reads it if that loses nothing; otherwise it sets the row aside ("qrsync rejects list").'
}
