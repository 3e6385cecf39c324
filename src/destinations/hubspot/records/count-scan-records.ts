import { z } from 'zod'
import { scanCode } from '../mapping/scan-fields.ts'
import type { Ask } from '../http/client.ts'

const searched = z.object({ total: z.number() })
const listed = z.object({
  results: z.array(
    z.object({ properties: z.record(z.string(), z.string().nullable().catch(null)).catch({}) }),
  ),
  paging: z.object({ next: z.object({ after: z.string() }).optional() }).optional(),
})

const codeProperty = scanCode
const recordsPerPage = 100

/**
 * Counts the records of scans by code: page by page, 100 records a call, or with a search for each code where that takes fewer
 * calls. HubSpot's search shows a new record only after moments, so pages are taken where the two cost the same.
 *
 * @param begin for each call: none of them waits for the limits longer than one call may
 */
export async function countScanRecords(
  begin: () => Ask,
  typeId: string,
  codeIds: readonly string[],
): Promise<Map<string, number>> {
  const total = await countBySearch(begin(), typeId, [])
  return Math.ceil(total / recordsPerPage) <= codeIds.length
    ? countPages(begin, typeId, new Set(codeIds))
    : countEach(begin, typeId, codeIds)
}

async function countPages(
  begin: () => Ask,
  typeId: string,
  codeIds: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let after: string | undefined
  do {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
    const path = `/crm/objects/2026-09/${typeId}?limit=${recordsPerPage}&properties=${codeProperty}${from}`
    const page: z.output<typeof listed> = (await begin()({ method: 'GET', path })).read(listed)
    for (const { properties } of page.results) {
      const codeId = properties[codeProperty] ?? ''
      if (codeIds.has(codeId)) counts.set(codeId, (counts.get(codeId) ?? 0) + 1)
    }
    after = page.paging?.next?.after
  } while (after !== undefined)
  return counts
}

async function countEach(
  begin: () => Ask,
  typeId: string,
  codeIds: readonly string[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const codeId of codeIds) {
    const filter = { propertyName: codeProperty, operator: 'EQ', value: codeId }
    counts.set(codeId, await countBySearch(begin(), typeId, [{ filters: [filter] }]))
  }
  return counts
}

/** @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm */
async function countBySearch(ask: Ask, typeId: string, filterGroups: object[]): Promise<number> {
  const body = { filterGroups, properties: [], sorts: [], limit: 1, after: '0' }
  const answer = await ask({ method: 'POST', path: `/crm/objects/2026-09/${typeId}/search`, body })
  return answer.read(searched).total
}
