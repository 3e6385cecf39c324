import type { Questions, Vendor } from '../vendor.ts'
import { hubspotSettings, noObject, takesOf, type HubSpotSettings } from './settings.ts'

const tokenVariable = 'HUBSPOT_TOKEN'

export const hubspot: Vendor<HubSpotSettings> = {
  type: 'hubspot',
  label: 'HubSpot',
  usualName: 'crm',
  settings: hubspotSettings,
  secrets: { token: tokenVariable },
  standIns: { token: 'not-set' },
  where: ({ object }) => (object === noObject ? 'linked records' : object),
  takes: takesOf,
  ask,
  async open(name, config, deps) {
    const { createHubSpotDestination } = await import('./hubspot-destination.ts')
    return createHubSpotDestination({ name, config, ...deps })
  },
}

async function ask({ text, secret }: Questions) {
  const { token, object } = hubspotSettings.shape
  return {
    type: 'hubspot',
    token: await secret({
      message: "A service key, or a private app's token",
      setting: token,
      variable: tokenVariable,
    }),
    object: await text({
      message:
        'The object that stores codes: qr_code (a custom object: Enterprise), or an existing object, such as products or companies',
      standard: 'qr_code',
      setting: object,
    }),
  }
}
