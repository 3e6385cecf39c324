/**
 * What BigQuery allows of loads into a table a day, failed ones included.
 *
 * @see https://cloud.google.com/bigquery/quotas#load_jobs
 */
export const loadLimitPerDay = 1_500

const dayMs = 24 * 3_600_000

/**
 * The most loads that a table takes in any 24 hours, if `rowsPerDay` come in the worst order: some in each period of
 * gathering, and all that is left in one of them.
 *
 * @param policy.everyMs rows are gathered for so long; 0: not at all
 */
export function loadsPerDay(policy: { everyMs: number; rowsPerLoad: number; rowsPerDay: number }): number {
  const { everyMs, rowsPerLoad, rowsPerDay } = policy
  const periods = everyMs > 0 ? Math.floor(dayMs / everyMs) + 1 : Infinity
  if (rowsPerDay <= periods) return rowsPerDay
  return periods + Math.floor((rowsPerDay - periods) / rowsPerLoad)
}
