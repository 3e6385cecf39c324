import type { Context } from '../context.ts'
import { readCustomizations } from '../image/render-customizations.ts'
import type { QrCodeRow } from '../store/qr-codes.ts'
import { toTimestamp } from '../timestamps.ts'

/** Returns a code as the API shows it. `withDeletion` adds when it was deleted, for lists with deleted codes. */
export function toQrCode(row: QrCodeRow, context: Context, withDeletion = false): object {
  const { without } = context
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    destination_url: row.destination_url,
    short_url: shortUrlOf(row, context),
    status: row.deleted_at === null ? 'active' : 'deleted',
    render_customizations: readCustomizations(row.render_customizations),
    ...(without.has('scan_count') ? {} : { scan_count: row.scan_count }),
    ...(without.has('last_scanned_at') ? {} : { last_scanned_at: toOptionalTimestamp(row.last_scanned_at) }),
    created_at: toTimestamp(row.created_at),
    updated_at: toTimestamp(row.updated_at),
    ...(withDeletion ? { deleted_at: toOptionalTimestamp(row.deleted_at) } : {}),
  }
}

/** The address that a phone opens, and that the code's image encodes. */
export function shortUrlOf(row: QrCodeRow, { publicUrl }: Pick<Context, 'publicUrl'>): string {
  return `${publicUrl()}/r/${row.slug}`
}

function toOptionalTimestamp(ms: number | null): string | null {
  return ms === null ? null : toTimestamp(ms)
}
