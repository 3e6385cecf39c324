import type { ListCreateRequest } from '@hubspot/api-client/lib/codegen/crm/lists/index.js'
import type { Ask } from '../http/client.ts'
import { throughClient } from '../http/hubspot-apis.ts'
import { parseRefusal } from '../http/refusal.ts'
import { asSent } from '../http/told.ts'
import type { LinkFields } from '../mapping/fields.ts'
import type { Words } from '../mapping/language.ts'
import type { Language } from '../settings.ts'
import type { TargetObject } from './prepared.ts'

/** As in *QR scans, last 7 days*. */
const days = 7
const title: Words = {
  en: `QR scan in the last ${days} days`,
  de: `QR-Scan in den letzten ${days} Tagen`,
}

/** Without permission, without room for another active list, or without a property to filter by. */
const refusals = [400, 402, 403, 409]

/**
 * Creates an active list of the records whose codes were scanned in the last days. A list of this name stays as
 * it is: users may have changed its filter. A refusal stops nothing else.
 *
 * @param fields written to the records; the time of the last scan is among them
 * @returns what was done or, with `dryRun`, would be; and why there is no list
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/lists/guide
 */
export async function prepareList(
  ask: Ask,
  object: TargetObject,
  { fields, language, dryRun }: { fields: LinkFields; language: Language; dryRun: boolean },
): Promise<{ change?: string; lack?: string }> {
  const name = `${title[language]} (${object.name})`
  const found = await readList(ask, object, name)
  if (found === 'there') return {}
  const lackOf = (reason: string) => ({ lack: `no list "${name}": HubSpot says: ${reason}` })
  if (found !== 'missing') return lackOf(found.reason)
  const change = `create list "${name}"`
  if (dryRun) return { change }
  const property = fields.find(({ key }) => key === 'last_scanned_at')?.name ?? ''
  const request = asSent<ListCreateRequest>({
    name,
    objectTypeId: object.typeId,
    processingType: 'DYNAMIC',
    filterBranch: withinDays(property),
  })
  const made = await throughClient(ask, ({ lists }) => lists.createWithHttpInfo(request), {
    judged: refusals,
  })
  if (made.status < 300) return { change }
  // Another worker may have created it first.
  if ((await readList(ask, object, name)) === 'there') return {}
  return lackOf(parseRefusal(made.text).reason)
}

async function readList(
  ask: Ask,
  { typeId }: TargetObject,
  name: string,
): Promise<'there' | 'missing' | { reason: string }> {
  const answer = await throughClient(ask, ({ lists }) => lists.getByNameWithHttpInfo(name, typeId), {
    judged: [400, 403, 404],
  })
  if (answer.status < 300) return 'there'
  return answer.status === 404 ? 'missing' : { reason: parseRefusal(answer.text).reason }
}

/**
 * An OR of ANDs, as in the examples of
 * https://developers.hubspot.com/docs/api-reference/latest/crm/lists/list-filters.
 */
function withinDays(property: string) {
  const operation = {
    operationType: 'ROLLING_DATE_RANGE' as const,
    operator: 'IS_LESS_THAN_X_DAYS_AGO',
    numberOfDays: days,
    requiresTimeZoneConversion: true,
    includeObjectsWithNoValueSet: false,
  }
  const all = {
    filterBranchType: 'AND' as const,
    filterBranchOperator: 'AND',
    filterBranches: [],
    filters: [{ filterType: 'PROPERTY' as const, property, operation }],
  }
  return {
    filterBranchType: 'OR' as const,
    filterBranchOperator: 'OR',
    filterBranches: [all],
    filters: [],
  }
}
