import type { Scan } from '../../../streams/scans.ts'
import { field, text, textField, timeField, unique, type Field } from './field.ts'

/** By it the record of a scan is found again. */
export const scanKey = 'qrsync_scan_id'

export const scanFields: readonly Field<Scan>[] = [
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
  textField(
    'device_type',
    { label: ['Device', 'Gerät'], description: ['The kind of device.', 'Die Geräteart.'] },
    (scan) => scan.device_type,
  ),
  textField(
    'os',
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
  textField(
    'country',
    {
      label: ['Country', 'Land'],
      description: ['The country of the scan, as in DE.', 'Das Land des Scans, etwa DE.'],
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
