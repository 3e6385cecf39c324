import { codeId, defineStream, flag, id, rest, text, time, type Column, type RowOf } from './define-stream.ts'

export const scans = defineStream({
  comment: 'One row for each scan of a QR code.',
  columns: {
    id: id("The API's id of the scan; no two rows share one.").required(),
    qr_code_id: codeId('The scanned code: qr_codes.id.').namedByCall(),
    scanned_at: time('When it was scanned.').required(),
    device_type: text('Kind of device, such as mobile, tablet or desktop.'),
    os: text('Operating system of the device.'),
    browser: text('Browser that followed the redirect.'),
    language: text("The browser's preferred language."),
    referrer: text('Page that led to the scan, where there was one.'),
    is_unique: flag('First scan of that visitor and code on that UTC day.'),
    country: text('ISO 3166-1 alpha-2; from the Advanced plan on.'),
    region: text('From the Advanced plan on.'),
    city: text('From the Advanced plan on.'),
    extra: rest(),
  },
  partition: { column: 'scanned_at', by: 'day' },
  cluster: ['qr_code_id', 'id'],
})

/** One scan of a QR code. */
export type Scan = RowOf<typeof scans>

type Columns = typeof scans.columns
type OptionalText = Column<string, false>

/** Fields of a scan that privacy may drop: all fields that are not required. */
export type DroppableField = {
  [Name in keyof Columns]: Columns[Name] extends Column<unknown, true> ? never : Name
}[keyof Columns]

/** Those that contain text: a hash distinguishes values without revealing them. */
export type HashableField = {
  [Name in keyof Columns]: Columns[Name] extends OptionalText ? Name : never
}[keyof Columns]

const optional = Object.entries<Column>(scans.columns).filter(([, { isRequired }]) => !isRequired)

export const droppableFields = optional.map(([name]) => name as DroppableField)
export const hashableFields = optional
  .filter(([, { type }]) => type === 'text')
  .map(([name]) => name as HashableField)
