import { z } from 'zod'
import type { Ask } from '../http/client.ts'

const details = z.object({
  portalId: z.number(),
  accountType: z.string().catch(''),
  timeZone: z.string().catch(''),
  dataHostingLocation: z.string().catch(''),
})

export interface Account {
  portalId: number
  /** Such as `Europe/Berlin`; undefined if HubSpot names one that is unknown here. */
  timeZone: string | undefined
  /** Such as "STANDARD" or "SANDBOX"; '' if HubSpot does not say. */
  accountType: string
  /** Such as "eu1"; '' if HubSpot does not say. */
  hostedIn: string
}

/** @see https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide */
export async function readAccount(ask: Ask): Promise<Account> {
  const answer = await ask({ method: 'GET', path: '/account-info/2026-09/details' })
  const { portalId, accountType, timeZone, dataHostingLocation } = answer.read(details)
  return {
    portalId,
    accountType,
    hostedIn: dataHostingLocation,
    timeZone: isTimeZone(timeZone) ? timeZone : undefined,
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    return timeZone !== '' && new Intl.DateTimeFormat('en', { timeZone }).format(0) !== ''
  } catch {
    return false
  }
}

const usageList = z.object({
  results: z.array(
    z.object({ usageLimit: z.number(), currentUsage: z.number(), fetchStatus: z.string().catch('') }),
  ),
})

/** The calls of all apps of the account today. */
export interface DailyUsage {
  limit: number
  used: number
}

/** Undefined if HubSpot does not report it, as for keys that it does not count this way. */
export async function readDailyUsage(ask: Ask): Promise<DailyUsage | undefined> {
  const path = '/account-info/2026-09/api-usage/daily/private-apps'
  const answer = await ask({ method: 'GET', path }, [400, 403, 404])
  if (answer.status !== 200) return undefined
  const told = answer.read(usageList).results.filter(({ usageLimit }) => usageLimit > 0)
  const tightest = told.toSorted((a, b) => a.usageLimit - a.currentUsage - (b.usageLimit - b.currentUsage))[0]
  return tightest && { limit: tightest.usageLimit, used: tightest.currentUsage }
}
