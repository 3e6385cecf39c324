import { number, time } from './format.ts'
import type { Difference } from './report-data.ts'

/** Says where the scans of a code that have not landed are, one line for each kind. */
export function whyMissing(code: Difference, nowMs: number): string[] {
  const told: [number, string][] = [
    [code.pending, 'with the next call'],
    [code.late, `came late: searched for ${searchTime(code.late_search_at, nowMs)}`],
    [code.not_handed_out, notReturned(code)],
    [code.gone_with_code, 'the code was deleted before they were landed'],
    [code.set_aside, 'malformed and kept: "qrsync rejects list" shows why'],
    [code.unexplained, 'missing without an explanation'],
  ]
  const lines = told.filter(([scans]) => scans > 0).map(([scans, reason]) => `${number(scans)} ${reason}`)
  return code.fallen > 0 ? [...lines, fall(code)] : lines
}

function notReturned({ searched_at }: Difference): string {
  const since = searched_at === null ? '' : ` on ${searched_at.slice(0, 10)}`
  return `counted by the API, but a search${since} did not find them`
}

function fall({ fallen, fell_at }: Difference): string {
  const since = fell_at === null ? '' : ` on ${fell_at.slice(0, 10)}`
  return `the API's count fell by ${number(fallen)}${since}: new scans are counted from there`
}

function searchTime(at: string | null, nowMs: number): string {
  if (at === null) return 'once the planner has run'
  const dueMs = Date.parse(at)
  return dueMs <= nowMs ? 'with the next calls' : `from ${time(dueMs)} on`
}
