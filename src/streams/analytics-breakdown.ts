import { codeId, count, day, defineStream, id, text, type RowOf } from './define-stream.ts'

export const analyticsBreakdown = defineStream({
  comment: "The API's own count of each code's scans by device, os, browser and place, over a range of days.",
  columns: {
    // `${qr_code_id}/${dimension}/${name}`
    id: id('Code, dimension and name; no two rows share one.').required(),
    qr_code_id: codeId('The counted code: qr_codes.id.').required(),
    dimension: text('device, os or browser; from the Advanced plan on also country or city.').required(),
    name: text('What is counted, such as mobile, iOS or PL.').required(),
    scans: count('Scans of the code from there, in the range.').required(),
    first_day: day('First UTC day of the range, included.').required(),
    last_day: day('Last UTC day of the range, included.').required(),
  },
  cluster: ['qr_code_id', 'id'],
})

export type AnalyticsBreakdown = RowOf<typeof analyticsBreakdown>
