import type { ScanTotals } from '../../../streams/summaries.ts'
import { countries, devices } from './choices.ts'
import { choiceField, countField, textField, timeField, type Field } from './field.ts'

/** The totals of scans, on records of codes and on linked records. */
export const totalFields: readonly Field<ScanTotals>[] = [
  countField(
    'total_scans',
    { label: ['QR scans', 'QR-Scans'], description: ['Scans in all.', 'Scans insgesamt.'] },
    (row) => row.total_scans,
  ),
  countField(
    'unique_scans',
    {
      label: ['Unique QR scans', 'Eindeutige QR-Scans'],
      description: [
        'Scans that were the first of their visitor and QR code on that day (UTC).',
        'Scans, die an ihrem Tag (UTC) der erste ihres Besuchers mit diesem QR-Code waren.',
      ],
    },
    (row) => row.unique_scans,
  ),
  countField(
    'scans_last_7_days',
    {
      label: ['QR scans, last 7 days', 'QR-Scans, letzte 7 Tage'],
      description: [
        'Scans in the last 7 days (UTC), today included. Falls with time alone: do not trigger workflows on it.',
        'Scans der letzten 7 Tage (UTC), heute eingeschlossen. Sinkt auch ohne Scan: kein Auslöser für Workflows.',
      ],
    },
    (row) => row.scans_last_7_days,
  ),
  countField(
    'scans_last_30_days',
    {
      label: ['QR scans, last 30 days', 'QR-Scans, letzte 30 Tage'],
      description: [
        'Scans in the last 30 days (UTC), today included. Falls with time alone: do not trigger workflows on it.',
        'Scans der letzten 30 Tage (UTC), heute eingeschlossen. Sinkt auch ohne Scan: kein Auslöser für Workflows.',
      ],
    },
    (row) => row.scans_last_30_days,
  ),
  timeField('first_scanned_at', {
    label: ['First QR scan', 'Erster QR-Scan'],
    description: ['When the first scan was made.', 'Wann der erste Scan war.'],
  }),
  timeField('last_scanned_at', {
    label: ['Last QR scan', 'Letzter QR-Scan'],
    description: [
      'When the last scan was made. Changes only with a scan: trigger workflows on it.',
      'Wann der letzte Scan war. Ändert sich nur mit einem Scan: der Auslöser für Workflows.',
    ],
  }),
  choiceField(
    'top_device',
    devices,
    {
      label: ['Most used device', 'Häufigstes Gerät'],
      description: ['The kind of device of most scans.', 'Die Geräteart der meisten Scans.'],
    },
    (row) => row.top_device,
  ),
  choiceField(
    'top_country',
    countries,
    {
      label: ['Most frequent country', 'Häufigstes Land'],
      description: ['The country of most scans.', 'Das Land der meisten Scans.'],
    },
    (row) => row.top_country,
  ),
  choiceField(
    'last_device',
    devices,
    {
      label: ['Last QR scan: device', 'Letzter QR-Scan: Gerät'],
      description: ['The kind of device of the last scan.', 'Die Geräteart des letzten Scans.'],
    },
    (row) => row.last_device,
  ),
  choiceField(
    'last_country',
    countries,
    {
      label: ['Last QR scan: country', 'Letzter QR-Scan: Land'],
      description: ['The country of the last scan.', 'Das Land des letzten Scans.'],
    },
    (row) => row.last_country,
  ),
  textField(
    'last_city',
    {
      label: ['Last QR scan: city', 'Letzter QR-Scan: Stadt'],
      description: ['The city of the last scan.', 'Die Stadt des letzten Scans.'],
    },
    (row) => row.last_city,
  ),
]
