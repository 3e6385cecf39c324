import type { PublicObjectSearchRequest } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import { scanCode } from '../mapping/scan-fields.ts'
import type { Ask } from '../http/client.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import { asSent, type Plain } from '../http/told.ts'

const codeProperty = scanCode
const recordsPerPage = 100

/**
 * Counts the records of scans by code: page by page, 100 records per call, or with a search for each code if
 * that needs fewer calls. HubSpot's search shows a new record only after a moment, so pages are used if both
 * cost the same.
 *
 * @param begin for each call, so that none waits for the limits longer than one call may
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
    const from = after
    const page = await throughClient(begin(), ({ pages }) =>
      pages.getPageWithHttpInfo(typeId, recordsPerPage, from, [codeProperty]),
    )
    for (const record of given(page, 'results')) {
      const codeId = record?.properties?.[codeProperty] ?? ''
      if (codeIds.has(codeId)) counts.set(codeId, (counts.get(codeId) ?? 0) + 1)
    }
    after = page.body.paging?.next?.after ?? undefined
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
    const filter = { propertyName: codeProperty, operator: 'EQ' as const, value: codeId }
    counts.set(codeId, await countBySearch(begin(), typeId, [{ filters: [filter] }]))
  }
  return counts
}

/** @see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm */
async function countBySearch(
  ask: Ask,
  typeId: string,
  filterGroups: NonNullable<Plain<PublicObjectSearchRequest>['filterGroups']>,
): Promise<number> {
  const body = asSent<PublicObjectSearchRequest>({
    filterGroups,
    properties: [],
    sorts: [],
    limit: 1,
    after: '0',
  })
  return given(await throughClient(ask, ({ search }) => search.doSearchWithHttpInfo(typeId, body)), 'total')
}
