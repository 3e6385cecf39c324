/** A property of ours on an object in HubSpot. */
export interface PropertyDefinition {
  name: string
  label: string
  description: string
  type: 'string' | 'number' | 'datetime' | 'bool'
  fieldType: 'text' | 'textarea' | 'number' | 'date' | 'booleancheckbox'
  hasUniqueValue?: true
  /** HubSpot wants them named for yes and no. */
  options?: { label: string; value: string; displayOrder: number; hidden: boolean }[]
}

export const propertyGroup = { name: 'qrsync', label: 'QR codes' } as const

type Told = [name: string, label: string, description: string]

const text = (...[name, label, description]: Told): PropertyDefinition => ({
  name: `qrsync_${name}`,
  label,
  description,
  type: 'string',
  fieldType: 'text',
})
const count = (...[name, label, description]: Told): PropertyDefinition => ({
  name: `qrsync_${name}`,
  label,
  description,
  type: 'number',
  fieldType: 'number',
})
const time = (...[name, label, description]: Told): PropertyDefinition => ({
  name: `qrsync_${name}`,
  label,
  description,
  type: 'datetime',
  fieldType: 'date',
})

const totals: PropertyDefinition[] = [
  count('total_scans', 'QR scans', 'Scans in all.'),
  count(
    'unique_scans',
    'Unique QR scans',
    'Scans that were the first of their visitor and QR code on that day (UTC).',
  ),
  count('scans_last_7_days', 'QR scans, last 7 days', 'Scans in the last 7 days (UTC), today included.'),
  count('scans_last_30_days', 'QR scans, last 30 days', 'Scans in the last 30 days (UTC), today included.'),
  time('first_scanned_at', 'First QR scan', 'When the first scan was made.'),
  time('last_scanned_at', 'Last QR scan', 'When the last scan was made.'),
  text('top_device', 'Most used device', 'The kind of device of most scans.'),
  text('top_country', 'Most frequent country', 'The country of most scans, as in DE.'),
]

/** By it the record of a code is found again. */
export const codeKey = 'qrsync_code_id'
export const codeName = 'qrsync_name'

export const codeProperties: readonly PropertyDefinition[] = [
  {
    ...text('code_id', 'QR code ID', 'The id of the QR code in QRCodeStack. Do not change it.'),
    hasUniqueValue: true,
  },
  text('name', 'QR code', 'The name of the QR code in QRCodeStack.'),
  text('status', 'QR code status', 'Its state in QRCodeStack, such as active, or deleted.'),
  text('destination_url', 'QR code destination', 'Where a scan leads.'),
  text('short_url', 'QR code short URL', 'What the QR code itself holds.'),
  ...totals,
]

/** On a record that QR codes name, such as a contact whose e-mail address is in their destination URL. */
export const linkProperties: readonly PropertyDefinition[] = [
  count('codes', 'QR codes', 'How many QR codes name this record.'),
  ...totals,
]

/** By it the record of a scan is found again. */
export const scanKey = 'qrsync_scan_id'

export const scanProperties: readonly PropertyDefinition[] = [
  {
    ...text('scan_id', 'QR scan ID', 'The id of the scan in QRCodeStack. Do not change it.'),
    hasUniqueValue: true,
  },
  text('qr_code_id', 'QR code ID', 'The id of the scanned QR code in QRCodeStack.'),
  time('scanned_at', 'Scanned at', 'When it was scanned.'),
  text('device_type', 'Device', 'The kind of device.'),
  text('os', 'Operating system', 'The operating system of the device.'),
  text('browser', 'Browser', 'The browser that followed the QR code.'),
  text('language', 'Language', "The browser's preferred language."),
  text('referrer', 'Referrer', 'The page that led to the scan, where there was one.'),
  {
    name: 'qrsync_is_unique',
    label: 'Unique',
    type: 'bool',
    fieldType: 'booleancheckbox',
    description: 'Whether it was the first scan of this visitor and QR code on that day (UTC).',
    options: [
      { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
      { label: 'No', value: 'false', displayOrder: 1, hidden: false },
    ],
  },
  text('country', 'Country', 'The country of the scan, as in DE.'),
  text('region', 'Region', 'The region of the scan.'),
  text('city', 'City', 'The city of the scan.'),
  {
    ...text('extra', 'More', 'What else QRCodeStack tells of the scan, as JSON.'),
    fieldType: 'textarea',
  },
]
