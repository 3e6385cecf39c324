import { codeId, count, defineStream, object, rest, text, time, type RowOf } from './define-stream.ts'

export const qrCodes = defineStream({
  comment: 'One row for each dynamic QR code, as the API last listed it.',
  columns: {
    id: codeId("The API's id of the code; no two rows share one.").required(),
    name: text('Name given by its owner.'),
    type: text('What the code stands for, as the API names it.'),
    destination_url: text('Where a scan is led to now.'),
    short_url: text('The redirect that the printed code encodes.'),
    status: text('As the API names it.'),
    render_customizations: object('Colours, logo and shape of the printed code.'),
    // Null if the API does not send it; then the list does not show changes.
    scan_count: count("The API's own count, which may be ahead of the landed scans."),
    last_scanned_at: time("The API's own; null before the first scan."),
    created_at: time('When the code was made.'),
    updated_at: time('When the code was last changed.'),
    deleted_at: time('When it was deleted; its scans stay.'),
    extra: rest(),
  },
  cluster: ['id'],
})

/** One dynamic QR code, as last listed. */
export type QrCode = RowOf<typeof qrCodes>
