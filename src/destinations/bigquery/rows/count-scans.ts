import { setTimeout } from 'node:timers/promises'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { isNotFound } from '../client/bigquery-fault.ts'

const rowsPerPage = 50_000

interface QueryPage {
  jobComplete: boolean
  jobReference: { jobId: string }
  rows?: { f: { v: string | null }[] }[]
  pageToken?: string
}

/**
 * Counts the dataset's scans of each code with one query; none if the table does not exist. The query reads one
 * column, and bills at least 10 MB.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query
 */
export async function countScans(place: BigQueryPlace): Promise<Map<string, number>> {
  const { api, config, sqlName } = place
  const { location, labels } = config
  const counts = new Map<string, number>()
  try {
    let page = await api.call<QueryPage>({
      method: 'POST',
      path: '/queries',
      body: {
        query: `SELECT qr_code_id, COUNT(*) FROM ${sqlName('scans')} GROUP BY 1`,
        useLegacySql: false,
        maxResults: rowsPerPage,
        timeoutMs: 10_000,
        location,
        labels,
      },
    })
    for (;;) {
      for (const { f } of page.rows ?? []) counts.set(f[0]?.v ?? '', Number(f[1]?.v ?? 0))
      const { jobComplete, pageToken, jobReference } = page
      if (jobComplete && pageToken === undefined) return counts
      if (!jobComplete) await setTimeout(500)
      page = await api.call<QueryPage>({
        path: `/queries/${encodeURIComponent(jobReference.jobId)}`,
        query: { location, maxResults: rowsPerPage, ...(pageToken !== undefined && { pageToken }) },
      })
    }
  } catch (error) {
    if (isNotFound(error)) return counts
    throw error
  }
}
