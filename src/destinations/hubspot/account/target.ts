import type { HubSpotConfig } from '../../../config/destinations.ts'

/** Names where codes are written: an account, and the object whose records stand for them. */
export function targetOf(portalId: number, { object }: Pick<HubSpotConfig, 'object'>): string {
  return `HubSpot account ${portalId}, object ${object}`
}
