import { canAssociate, noObject, ruleName, type HubSpotSettings } from '../settings.ts'
import type { CheckReport } from '../../destination.ts'
import { readAccount, readDailyUsage, type Account } from './account.ts'
import type { Ask } from '../http/client.ts'
import {
  codeObject,
  findCustomObject,
  insteadOf,
  readCustomObjects,
  readDeletedObjects,
  scanObject,
  type CustomObject,
} from './custom-objects.ts'
import { activationAdvice, customNames, isActivated, findTypeId } from './known-objects.ts'
import { findLookup, lookupAdvice } from './links.ts'
import { readCodeLabel } from './association-labels.ts'
import { checkProperties, type Written } from './check-properties.ts'
import { readCustomObjectRoom, readLabelRoom, readPropertyRooms, readRecordRooms } from './limits.ts'
import { fieldsOf, linkFieldsOf } from '../mapping/fields.ts'
import type { TargetObject } from './prepared.ts'
import { targetOf } from './target.ts'
import { eventScopes, listScopes, neededScopes, probeScope, readScopes, type NeededScope } from './scopes.ts'
import { standardObjects } from './standard-objects.ts'

/** Objects that mean something other than codes to HubSpot and its users. */
const objectWarnings: Readonly<Record<string, string>> = {
  contacts: 'Each code becomes a contact: HubSpot bills marketing contacts, and people send them e-mail.',
  deals: 'Each code becomes a deal: forecasts and pipeline reports count it.',
  tickets: 'Each code becomes a ticket: service reports and automatic answers count it.',
}
const insteadOfObject = 'Consider "object: products", or "object: none" to write to linked records only.'

type Need = CheckReport['needs'][number]

interface Checked {
  config: HubSpotSettings
  /** Null if we may not read them: the scope for it is then among the missing ones. */
  custom: readonly CustomObject[] | null
  /** Objects that a super admin has to activate first. */
  inactive: readonly string[]
}

/** Reports which account qrsync uses, and whether it has everything that the config needs. Writes nothing. */
export async function checkAccount(ask: Ask, config: HubSpotSettings): Promise<CheckReport> {
  const account = await readAccount(ask)
  const custom = customNames(config).length === 0 ? [] : await readCustomObjects(ask)
  const checked = { config, custom, inactive: await readInactive(ask, config) }
  const scopes = await checkScopes(ask, checked)
  const isAllowed = checked.inactive.length === 0 && scopes.every(({ isMet }) => isMet)
  const needs = [
    ...checked.inactive.map((object) => ({
      what: `object ${object}, activated in the account`,
      isMet: false,
      advice: activationAdvice,
    })),
    ...scopes,
    ...(await checkCustomObjects(ask, checked)),
    // Skipped without the scopes or the objects, because it would only report them again.
    ...(isAllowed ? await checkTargets(ask, checked, account) : []),
    ...(await checkDailyUsage(ask)),
  ]
  const warning = objectWarnings[config.object]
  return {
    identity: identityOf(account),
    target: targetOf(account.portalId, config),
    needs,
    warnings: warning === undefined ? [] : [`${warning} ${insteadOfObject}`],
  }
}

function identityOf({ portalId, hostedIn, timeZone, accountType }: Account): string {
  const kind =
    accountType === '' || accountType === 'STANDARD' ? '' : accountType.toLowerCase().replaceAll('_', ' ')
  const details = [hostedIn.toUpperCase(), timeZone ?? '', kind].filter((each) => each !== '')
  return `HubSpot account ${portalId}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

async function readInactive(ask: Ask, { object, link }: HubSpotSettings): Promise<string[]> {
  const inactive: string[] = []
  for (const each of new Set([object, ...link.map((rule) => rule.object)])) {
    if (!(await isActivated(ask, each))) inactive.push(each)
  }
  return inactive
}

async function checkScopes(ask: Ask, { config, custom, inactive }: Checked): Promise<Need[]> {
  const granted = await readScopes(ask, config.token)
  const objects = [
    ...(config.object === noObject ? [] : [config.object]),
    ...(config.scans ? [scanObject.name] : []),
    ...config.link.map((rule) => rule.object),
  ]
  const needed = new Map<string, NeededScope & { canProbe: boolean }>()
  for (const object of objects) {
    const typeId = findTypeId(object, custom ?? [])
    for (const each of neededScopes(object, typeId ?? object)) {
      needed.set(each.scope, { ...each, canProbe: typeId !== undefined && !inactive.includes(object) })
    }
  }
  const others = [...(config.events ? eventScopes : []), ...(config.lists ? listScopes : [])]
  for (const each of others) needed.set(each.scope, { ...each, canProbe: true })
  const needs: Need[] = []
  for (const each of needed.values()) {
    if (granted === null && !each.canProbe) continue
    const refusal = granted === null || granted.has(each.scope) ? await refusalOf(ask, each) : null
    const isMet = granted?.has(each.scope) === false ? false : refusal === null
    const words = refusal === null ? '' : ` HubSpot says: ${refusal}`
    const advice = `Tick it in HubSpot in the settings of the service key or private app: see docs/hubspot.md.${words}`
    const what = `scope ${each.scope}`
    needs.push(isMet ? { what, isMet } : { what, isMet, advice })
  }
  return needs
}

/** Returns HubSpot's reason for refusing a call that has its scope: scopes are not the only permissions. */
async function refusalOf(ask: Ask, { canProbe, ...needed }: NeededScope & { canProbe: boolean }) {
  return canProbe ? probeScope(ask, needed) : null
}

async function checkCustomObjects(ask: Ask, { config, custom }: Checked): Promise<Need[]> {
  if (custom === null) {
    return customNames(config).map((object) => ({
      what: `object ${object}`,
      isMet: false,
      advice: insteadOf(object),
    }))
  }
  const missing = customNames(config).filter((each) => findCustomObject(custom, each) === undefined)
  if (missing.length === 0) return []
  const { limit, usage } = (await readCustomObjectRoom(ask)) ?? { limit: 0, usage: 0 }
  const deleted = await readDeletedObjects(ask)
  let left = limit - usage
  return missing.map((object) => {
    if (deleted.includes(object)) {
      const advice =
        'Its name is taken until you restore it, or delete it for good, in HubSpot (Settings > Objects).'
      return { what: `object ${object}, which was deleted in HubSpot`, isMet: false, advice }
    }
    const isOurs = object === codeObject.name || object === scanObject.name
    const isMet = isOurs && left > 0
    left -= 1
    return isMet
      ? { what: `capacity for the object ${object}`, isMet }
      : {
          what: isOurs ? `capacity for the object ${object}` : `object ${object}`,
          isMet,
          advice: adviceFor(object, limit),
        }
  })
}

function adviceFor(object: string, limit: number): string {
  if (object !== codeObject.name && object !== scanObject.name) {
    return `No such object exists. Use one of ${Object.keys(standardObjects).join(', ')}, or a custom object.`
  }
  return limit > 0
    ? `The account has all of its ${limit} custom objects already: delete one. ${insteadOf(object)}`
    : insteadOf(object)
}

/** Checks the existing objects, and their properties, records and associations. */
async function checkTargets(ask: Ask, { config, custom }: Checked, account: Account): Promise<Need[]> {
  const fields = fieldsOf(config, account.timeZone)
  const found = (name: string) => {
    const typeId = findTypeId(name, custom ?? [])
    return typeId === undefined ? [] : [{ name, typeId }]
  }
  const codes = config.object === noObject ? [] : found(config.object)
  const written: Written[] = [
    ...codes.map((object): Written => ({ object, kind: 'codes', fields: fields.codes })),
    ...(config.scans ? found(scanObject.name) : []).map((object): Written => ({
      object,
      kind: 'scans',
      fields: fields.scans,
    })),
    ...config.link.flatMap((rule) =>
      found(rule.object).map((object): Written => ({
        object,
        kind: 'links',
        fields: linkFieldsOf(config, rule),
        isOwnChoice: rule.properties !== undefined,
      })),
    ),
  ]
  const { needs, known } = await checkProperties(ask, written, await readPropertyRooms(ask))
  const lookups = config.link.flatMap((rule): Need[] => {
    const [object] = found(rule.object)
    if (object === undefined) return []
    const what = `${ruleName(rule)}, to find records by`
    const isMet = 'lookup' in findLookup(rule, known.get(object.typeId) ?? new Map())
    return [isMet ? { what, isMet } : { what, isMet, advice: lookupAdvice }]
  })
  const growing = written.filter(({ kind }) => kind !== 'links').map(({ object }) => object)
  return [
    ...lookups,
    ...needs,
    ...(await checkRecords(ask, growing)),
    ...(await checkLabels(ask, config, codes, found)),
  ]
}

async function checkRecords(ask: Ask, objects: readonly TargetObject[]): Promise<Need[]> {
  const roomOf = objects.length === 0 ? undefined : await readRecordRooms(ask)
  return objects.flatMap(({ name, typeId }): Need[] => {
    const room = roomOf?.(typeId)
    if (room === undefined) return []
    const { limit, usage } = room
    const what = `capacity for records of ${name}: ${Math.max(0, limit - usage).toLocaleString('en')} of ${limit.toLocaleString('en')} left`
    if (usage < limit) return [{ what, isMet: true }]
    return [
      { what, isMet: false, advice: 'Delete records in HubSpot, or raise the limit of your subscription.' },
    ]
  })
}

async function checkLabels(
  ask: Ask,
  { associate, link }: HubSpotSettings,
  codes: readonly TargetObject[],
  found: (name: string) => TargetObject[],
): Promise<Need[]> {
  const needs: Need[] = []
  const pairs = associate
    ? codes.flatMap((to) => link.flatMap((rule) => found(rule.object).map((from) => ({ from, to }))))
    : []
  for (const { from, to } of pairs) {
    if (!canAssociate(from.name, to.name)) continue
    const room = await readLabelRoom(ask, from.typeId, to.typeId)
    if (room === undefined || room.usage < room.limit) continue
    if ((await readCodeLabel(ask, from, to)) !== undefined) continue
    const what = `capacity for a label of associations of ${from.name} with ${to.name}: all ${room.limit} are used`
    needs.push({
      what,
      isMet: false,
      advice: 'Delete one in HubSpot (Settings > Objects > Associations), or set "associate: false".',
    })
  }
  return needs
}

async function checkDailyUsage(ask: Ask): Promise<Need[]> {
  const usage = await readDailyUsage(ask)
  if (usage === undefined) return []
  const left = Math.max(0, usage.limit - usage.used)
  const what = `calls left today: ${left.toLocaleString('en')} of ${usage.limit.toLocaleString('en')}`
  if (left > 0) return [{ what, isMet: true }]
  return [
    { what, isMet: false, advice: "qrsync continues automatically at midnight in the account's time zone." },
  ]
}
