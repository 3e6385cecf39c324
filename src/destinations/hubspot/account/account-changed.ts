import type { Refusal } from '../http/refusal.ts'

/** What was prepared is there no more: a property or an object was deleted in HubSpot. */
export class AccountChanged extends Error {
  override readonly name = 'AccountChanged'
}

/** How HubSpot says that an object, or the property by which records are found, is not there. */
const goneSigns = /infer object type|by non-unique/i

/** @throws AccountChanged where that is what HubSpot holds against the call: no row is at fault then */
export function blameAccount({ reason, codes, isHubSpots }: Refusal): void {
  if (!isHubSpots) return
  if (codes.includes('PROPERTY_DOESNT_EXIST') || goneSigns.test(reason)) throw new AccountChanged(reason)
}
