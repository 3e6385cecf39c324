import { z } from 'zod'
import { noObject, ruleName, type HubSpotSettings } from '../settings.ts'
import type { CheckReport } from '../../destination.ts'
import { readAccount, readDailyUsage, type Account } from './account.ts'
import type { Ask } from '../http/client.ts'
import {
  codeObject,
  findCustomObject,
  insteadOf,
  readCustomObjects,
  scanObject,
  type CustomObject,
} from './custom-objects.ts'
import { customNames } from './known-objects.ts'
import { findLookup, lookupAdvice } from './links.ts'
import { readProperties } from './prepare-properties.ts'
import { targetOf } from './target.ts'
import { eventScopes, neededScopes, probeScope, readScopes, type NeededScope } from './scopes.ts'
import { standardObjects } from './standard-objects.ts'

/** Objects that hold something else than codes to HubSpot, and to those who work with it. */
const objectWarnings: Readonly<Record<string, string>> = {
  contacts: 'Each code becomes a contact: HubSpot bills marketing contacts, and people send them e-mail.',
  deals: 'Each code becomes a deal: forecasts and pipeline reports count it.',
  tickets: 'Each code becomes a ticket: service reports and automatic answers count it.',
}
const insteadOfObject = 'Consider "object: products", or "object: none" to write to linked records only.'

type Need = CheckReport['needs'][number]

interface Checked {
  config: HubSpotSettings
  /** Null where we may not see them: the scope for it is then among those that are missing. */
  custom: readonly CustomObject[] | null
}

/** Who we are in HubSpot, and whether all is there that the config asks for. Writes nothing. */
export async function checkAccount(ask: Ask, config: HubSpotSettings): Promise<CheckReport> {
  const account = await readAccount(ask)
  const checked = { config, custom: customNames(config).length === 0 ? [] : await readCustomObjects(ask) }
  const scopes = await checkScopes(ask, checked)
  const isAllowed = scopes.every(({ isMet }) => isMet)
  const needs = [
    ...scopes,
    ...(await checkCustomObjects(ask, checked)),
    // Without the scopes that would only say the same again.
    ...(isAllowed ? await checkLinks(ask, checked) : []),
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

function typeIdOf(object: string, custom: Checked['custom']): string | undefined {
  return standardObjects[object]?.typeId ?? findCustomObject(custom ?? [], object)?.objectTypeId
}

async function checkScopes(ask: Ask, { config, custom }: Checked): Promise<Need[]> {
  const granted = await readScopes(ask, config.token)
  const objects = [
    ...(config.object === noObject ? [] : [config.object]),
    ...(config.scans ? [scanObject.name] : []),
    ...config.link.map((rule) => rule.object),
  ]
  const needed = new Map<string, NeededScope & { canProbe: boolean }>()
  for (const object of objects) {
    const typeId = typeIdOf(object, custom)
    for (const each of neededScopes(object, typeId ?? object)) {
      needed.set(each.scope, { ...each, canProbe: typeId !== undefined })
    }
  }
  if (config.events) for (const each of eventScopes) needed.set(each.scope, { ...each, canProbe: true })
  const needs: Need[] = []
  for (const each of needed.values()) {
    if (granted === null && !each.canProbe) continue
    const isMet = granted === null ? await probeScope(ask, each) : granted.has(each.scope)
    const advice =
      'Tick it in HubSpot in the settings of the service key or private app: see docs/hubspot.md.'
    needs.push({ what: `scope ${each.scope}`, isMet, ...(isMet ? {} : { advice }) })
  }
  return needs
}

const room = z.object({ limit: z.number(), usage: z.number() })

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
  const answer = await ask(
    { method: 'GET', path: '/crm/limits/2026-09/custom-object-types' },
    [400, 403, 404],
  )
  const { limit, usage } = answer.status === 200 ? answer.read(room) : { limit: 0, usage: 0 }
  let left = limit - usage
  return missing.map((object) => {
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

async function checkLinks(ask: Ask, { config, custom }: Checked): Promise<Need[]> {
  const needs: Need[] = []
  for (const rule of config.link) {
    const typeId = typeIdOf(rule.object, custom)
    if (typeId === undefined) continue
    const what = `${ruleName(rule)}, to find records by`
    const found = findLookup(rule, await readProperties(ask, { name: rule.object, typeId }))
    const isMet = 'lookup' in found
    needs.push({ what, isMet, ...(isMet ? {} : { advice: lookupAdvice }) })
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
