import type { Scan } from '../../../streams/scans.ts'
import { countries, devices, systems } from './choices.ts'
import { choiceField, field, text, textField, timeField, unique, type Field } from './field.ts'

/** Identifies the record of a scan. */
export const scanKey = 'qrsync_scan_id'

/** The scans of a code are counted by this property. */
export const scanCode = 'qrsync_qr_code_id'

/** The title of a scan's record. */
export const scanTitle = 'qrsync_title'

/** @param timeZone of the account, in which HubSpot shows times */
export function scanFields(timeZone: string): Field<Scan>[] {
  return [titleField(timeZone), ...ownFields]
}

function titleField(timeZone: string): Field<Scan> {
  // Swedish dates have the format of ISO 8601.
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return textField(
    'title',
    {
      label: ['QR scan', 'QR-Scan'],
      description: [
        "When (in the account's time zone), on which device and where it was scanned.",
        'Wann (in der Zeitzone des Kontos), auf welchem Gerät und wo gescannt wurde.',
      ],
    },
    ({ scanned_at: at, device_type: device, country }) => {
      const time = new Date(at)
      const when = Number.isNaN(time.getTime()) ? null : format.format(time)
      return [when, device, country].filter((each) => each !== null && each !== '').join(' · ')
    },
  )
}

const ownFields: readonly Field<Scan>[] = [
  unique(
    textField(
      'scan_id',
      {
        label: ['QR scan ID', 'QR-Scan-ID'],
        description: [
          'The id of the scan in QRCodeStack. Do not change it.',
          'Die ID des Scans in QRCodeStack. Bitte nicht ändern.',
        ],
      },
      (scan) => scan.id,
    ),
  ),
  textField(
    'qr_code_id',
    {
      label: ['QR code ID', 'QR-Code-ID'],
      description: [
        'The id of the scanned QR code in QRCodeStack.',
        'Die ID des gescannten QR-Codes in QRCodeStack.',
      ],
    },
    (scan) => scan.qr_code_id,
  ),
  timeField('scanned_at', {
    label: ['Scanned at', 'Gescannt am'],
    description: ['When it was scanned.', 'Wann gescannt wurde.'],
  }),
  choiceField(
    'device_type',
    devices,
    { label: ['Device', 'Gerät'], description: ['The kind of device.', 'Die Geräteart.'] },
    (scan) => scan.device_type,
  ),
  choiceField(
    'os',
    systems,
    {
      label: ['Operating system', 'Betriebssystem'],
      description: ['The operating system of the device.', 'Das Betriebssystem des Geräts.'],
    },
    (scan) => scan.os,
  ),
  textField(
    'browser',
    {
      label: ['Browser', 'Browser'],
      description: ['The browser that followed the QR code.', 'Der Browser, der dem QR-Code gefolgt ist.'],
    },
    (scan) => scan.browser,
  ),
  textField(
    'language',
    {
      label: ['Language', 'Sprache'],
      description: ["The browser's preferred language.", 'Die bevorzugte Sprache des Browsers.'],
    },
    (scan) => scan.language,
  ),
  textField(
    'referrer',
    {
      label: ['Referrer', 'Verweisende Seite'],
      description: [
        'The page that led to the scan, where there was one.',
        'Die Seite, die zum Scan geführt hat, falls es eine gab.',
      ],
    },
    (scan) => scan.referrer,
  ),
  field(
    'flag',
    'is_unique',
    {
      label: ['Unique', 'Eindeutig'],
      description: [
        'Whether it was the first scan of this visitor and QR code on that day (UTC).',
        'Ob es an diesem Tag (UTC) der erste Scan dieses Besuchers mit diesem QR-Code war.',
      ],
    },
    (scan) => text(scan.is_unique),
  ),
  choiceField(
    'country',
    countries,
    {
      label: ['Country', 'Land'],
      description: ['The country of the scan.', 'Das Land des Scans.'],
    },
    (scan) => scan.country,
  ),
  textField(
    'region',
    { label: ['Region', 'Region'], description: ['The region of the scan.', 'Die Region des Scans.'] },
    (scan) => scan.region,
  ),
  textField(
    'city',
    { label: ['City', 'Stadt'], description: ['The city of the scan.', 'Die Stadt des Scans.'] },
    (scan) => scan.city,
  ),
  field(
    'long_text',
    'extra',
    {
      label: ['More', 'Weiteres'],
      description: [
        'What else QRCodeStack tells of the scan, as JSON.',
        'Was QRCodeStack sonst über den Scan sagt, als JSON.',
      ],
    },
    (scan) => (scan.extra === null ? '' : text(JSON.stringify(scan.extra))),
  ),
]
