import { z } from 'zod'
import type { HubSpotConfig } from '../../config/destinations.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import type { CheckReport } from '../destination.ts'
import { readAccount, readDailyUsage, type Account } from './account.ts'
import type { Ask } from './client.ts'
import { codeObject, findCustomObject, readCustomObjects, scanObject } from './custom-objects.ts'
import { findLookup, ruleName } from './links.ts'
import { readProperties } from './prepare-properties.ts'
import { neededScopes, probeScope, readScopes } from './scopes.ts'
import { standardObjects } from './standard-objects.ts'

type Need = CheckReport['needs'][number]

/** Who we are in HubSpot, and whether all is there that the config asks for. Writes nothing. */
export async function checkAccount(ask: Ask, name: string, config: HubSpotConfig): Promise<CheckReport> {
  const account = await readAccount(ask)
  const scopes = await checkScopes(ask, config)
  const mayLook = scopes.every(({ isMet }) => isMet)
  return {
    identity: identityOf(account),
    needs: [
      ...scopes,
      ...(await checkCustomObjects(ask, config)),
      // Without the scopes that would only say the same again.
      ...(mayLook ? await checkLinks(ask, name, config) : []),
      ...(await checkDailyUsage(ask)),
    ],
  }
}

function identityOf({ portalId, hostedIn, timeZone, accountType }: Account): string {
  const kind =
    accountType === '' || accountType === 'STANDARD' ? '' : accountType.toLowerCase().replaceAll('_', ' ')
  const details = [hostedIn.toUpperCase(), timeZone ?? '', kind].filter((each) => each !== '')
  return `HubSpot account ${portalId}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

async function checkScopes(ask: Ask, config: HubSpotConfig): Promise<Need[]> {
  const granted = await readScopes(ask, config.token)
  const needs: Need[] = []
  for (const needed of neededScopes(config)) {
    const isMet = granted === null ? await probeScope(ask, needed) : granted.has(needed.scope)
    const advice = `Add it to the service key or private app in HubSpot: Development > Keys, or Settings > Integrations.`
    needs.push({ what: `scope ${needed.scope}, ${needed.for}`, isMet, ...(isMet ? {} : { advice }) })
  }
  return needs
}

const room = z.object({ limit: z.number(), usage: z.number() })

async function checkCustomObjects(ask: Ask, { object, scans }: HubSpotConfig): Promise<Need[]> {
  const wanted = [...(object in standardObjects ? [] : [object]), ...(scans ? [scanObject.name] : [])]
  if (wanted.length === 0) return []
  const known = await readCustomObjects(ask).catch((error: unknown) => {
    if (error instanceof ConnectorError && error.code === 'DESTINATION_FORBIDDEN') return null
    throw error
  })
  // Without the scope for it, which is named already, nobody can tell.
  if (known === null) return []
  const missing = wanted.filter((each) => findCustomObject(known, each) === undefined)
  if (missing.length === 0) return wanted.map((each) => ({ what: `object ${each}`, isMet: true }))
  const answer = await ask(
    { method: 'GET', path: '/crm/limits/2026-09/custom-object-types' },
    [400, 403, 404],
  )
  const { limit, usage } = answer.status === 200 ? answer.read(room) : { limit: 0, usage: 0 }
  let left = limit - usage
  return wanted.map((each) => {
    if (!missing.includes(each)) return { what: `object ${each}`, isMet: true }
    const canBeMade = each === codeObject.name || each === scanObject.name
    const isMet = canBeMade && left-- > 0
    if (isMet) return { what: `object ${each}, which will be made`, isMet }
    return { what: `object ${each}`, isMet, advice: adviceFor(each, limit) }
  })
}

function adviceFor(object: string, limit: number): string {
  const reason =
    limit > 0
      ? `The account has all of its ${limit} custom objects already.`
      : 'Custom objects are part of Enterprise.'
  if (object === scanObject.name) return `${reason} Leave out "scans: true".`
  if (object === codeObject.name) return `${reason} Name an object that is there, as in "object: companies".`
  return `There is none of that name. Name one of ${Object.keys(standardObjects).join(', ')}.`
}

async function checkLinks(ask: Ask, name: string, config: HubSpotConfig): Promise<Need[]> {
  const needs: Need[] = []
  const custom = config.link.some(({ object }) => !(object in standardObjects))
    ? await readCustomObjects(ask)
    : []
  for (const rule of config.link) {
    const what = `${ruleName(rule)}, to find records by`
    const typeId = standardObjects[rule.object]?.typeId ?? findCustomObject(custom, rule.object)?.objectTypeId
    if (typeId === undefined) {
      needs.push({
        what,
        isMet: false,
        advice: `There is no object ${rule.object}: name another under link.`,
      })
      continue
    }
    const known = await readProperties(ask, { name: rule.object, typeId })
    try {
      findLookup(rule, known, name)
      needs.push({ what, isMet: true })
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      needs.push({ what, isMet: false, advice: error.message.split('\n')[1] ?? error.message })
    }
  }
  return needs
}

async function checkDailyUsage(ask: Ask): Promise<Need[]> {
  const usage = await readDailyUsage(ask)
  if (usage === undefined) return []
  const left = Math.max(0, usage.limit - usage.used)
  const what = `calls: ${left.toLocaleString('en')} of ${usage.limit.toLocaleString('en')} are left today`
  if (left > 0) return [{ what, isMet: true }]
  return [
    { what, isMet: false, advice: 'It goes on by itself at midnight, in the time zone of the account.' },
  ]
}
