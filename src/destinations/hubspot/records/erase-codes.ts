import type {
  BatchInputSimplePublicObjectId,
  PublicObjectSearchRequest,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import { readAccount } from '../account/account.ts'
import { scanObject } from '../account/custom-objects.ts'
import { findTypeId, readKnownObjects } from '../account/known-objects.ts'
import { targetOf } from '../account/target.ts'
import type { Ask } from '../http/client.ts'
import { readWholeRecords } from '../http/find-records.ts'
import { unavailable } from '../http/hubspot-error.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import { toRecord } from '../http/read-batch-answer.ts'
import { inputsPerCall, sendBatch } from '../http/send-batch.ts'
import { asSent } from '../http/told.ts'
import { codeKey } from '../mapping/code-fields.ts'
import { scanCode } from '../mapping/scan-fields.ts'
import { noObject, type HubSpotSettings } from '../settings.ts'

/** The most records that all pages of a search have. */
const recordsPerSearch = 10_000

/**
 * Archives the records of these codes and of their scans, in the objects that the account has. HubSpot removes
 * their associations.
 *
 * @param begin for each call, so that none waits for the limits longer than one call may
 * @returns where it has erased them
 * @throws ConnectorError DESTINATION_UNAVAILABLE afterwards, if an object is missing: its records, if it ever had
 *   any, cannot be found
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/objects/objects/batch/archive
 */
export async function eraseCodes(
  begin: () => Ask,
  { name, config }: { name: string; config: HubSpotSettings },
  codeIds: readonly string[],
): Promise<string> {
  const account = await readAccount(begin())
  const { custom } = await readKnownObjects(begin(), { name, config, account })
  const scanType = config.scans ? findTypeId(scanObject.name, custom) : null
  const codeType = config.object === noObject ? null : findTypeId(config.object, custom)
  if (scanType != null) for (const codeId of codeIds) await archiveScans(begin, scanType, codeId)
  if (codeType != null) await archiveCodes(begin, codeType, codeIds)
  if (scanType === undefined || codeType === undefined) {
    throw unavailable(
      name,
      'HubSpot lacks an object that the config names, so qrsync cannot find all records of the code.',
      'Run "qrsync apply"; the next delivery then erases them.',
    )
  }
  return targetOf(account.portalId, config)
}

async function archiveCodes(begin: () => Ask, typeId: string, codeIds: readonly string[]): Promise<void> {
  const of = { typeId, idProperty: codeKey, more: [] }
  for (let start = 0; start < codeIds.length; start += inputsPerCall) {
    const found = await readWholeRecords(begin(), of, codeIds.slice(start, start + inputsPerCall))
    await archive(begin(), typeId, [...new Set([...found.values()].map(({ id }) => id))])
  }
}

/** A search shows new records only after a moment: the second erasure, some minutes later, finds those. */
async function archiveScans(begin: () => Ask, typeId: string, codeId: string): Promise<void> {
  for (;;) {
    const ids = await findScans(begin, typeId, codeId)
    for (let start = 0; start < ids.length; start += inputsPerCall) {
      await archive(begin(), typeId, ids.slice(start, start + inputsPerCall))
    }
    if (ids.length < recordsPerSearch) return
  }
}

async function findScans(begin: () => Ask, typeId: string, codeId: string): Promise<string[]> {
  const ids = new Set<string>()
  for (let after = '0'; ids.size < recordsPerSearch;) {
    const body = asSent<PublicObjectSearchRequest>({
      filterGroups: [{ filters: [{ propertyName: scanCode, operator: 'EQ', value: codeId }] }],
      properties: [scanCode],
      sorts: [],
      limit: inputsPerCall,
      after,
    })
    const answer = await throughClient(begin(), ({ search }) => search.doSearchWithHttpInfo(typeId, body))
    for (const told of given(answer, 'results')) {
      const record = toRecord(told)
      if (record === null) throw answer.unreadable('results')
      // The search ignores case, ids do not.
      if (record.properties[scanCode] === codeId) ids.add(record.id)
    }
    const next = answer.body.paging?.next?.after
    if (typeof next !== 'string' || Number(next) >= recordsPerSearch) break
    after = next
  }
  return [...ids]
}

async function archive(ask: Ask, typeId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const batch = asSent<BatchInputSimplePublicObjectId>({ inputs: ids.map((id) => ({ id })) })
  const answer = await sendBatch(ask, ({ records }) => records.archiveWithHttpInfo(typeId, batch), {
    readAs: 204,
  })
  if (answer.status >= 400) throw answer.refused()
}

/** What HubSpot keeps; see https://knowledge.hubspot.com/records/restore-deleted-records. */
export function erasureRemains({ events }: Pick<HubSpotSettings, 'events'>): string[] {
  const archived =
    'HubSpot keeps archived records for 90 days. Its API cannot delete them sooner: delete them for good in its recycling bin.'
  const ofEarlierSettings =
    'Records that were written while the config named another "object", or had "scans: true", stay: delete them in HubSpot.'
  const onTimelines =
    "Events on the timelines of contacts, companies, deals and tickets stay: HubSpot's API cannot delete them."
  const always = [archived, ofEarlierSettings]
  return events ? [...always, onTimelines] : always
}
