import { codeId, count, day, defineStream, id, type RowOf } from './define-stream.ts'

export const analyticsDaily = defineStream({
  comment: "The API's own count of each code's scans by UTC day: a day without a scan has a row too.",
  columns: {
    // `${qr_code_id}/${date}`
    id: id('Code and day; no two rows share one.').required(),
    qr_code_id: codeId('The counted code: qr_codes.id.').required(),
    date: day('The UTC day.').required(),
    scans: count('Scans of the code on that day.').required(),
    unique_scans: count('Visitors of that day, each counted once.'),
  },
  // By month, because a table may have few partitions (BigQuery: 10,000), and small ones are slow.
  partition: { column: 'date', by: 'month' },
  cluster: ['qr_code_id', 'id'],
})

export type AnalyticsDaily = RowOf<typeof analyticsDaily>
