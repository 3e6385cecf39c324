import { noObject, type HubSpotSettings } from '../settings.ts'

/** Names where codes are written: an account, and the object whose records represent them. */
export function targetOf(portalId: number, { object }: Pick<HubSpotSettings, 'object'>): string {
  return `HubSpot account ${portalId}, ${object === noObject ? 'linked records only' : `object ${object}`}`
}
