import type { Refusal } from '../http/refusal.ts'

/** What was prepared no longer exists: a property or an object was deleted in HubSpot. */
export class AccountChanged extends Error {
  override readonly name = 'AccountChanged'
}

/** HubSpot's words when an object, or the property that identifies records, does not exist. */
const goneSigns = /infer object type|by non-unique/i

/** @throws AccountChanged if that is HubSpot's reason, because then no row is at fault */
export function blameAccount({ reason, codes, isHubSpots }: Refusal): void {
  if (!isHubSpots) return
  if (codes.includes('PROPERTY_DOESNT_EXIST') || goneSigns.test(reason)) throw new AccountChanged(reason)
}
