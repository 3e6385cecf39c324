import type { Questions, Vendor } from '../vendor.ts'
import { hubspotSettings, noObject, takesOf, type HubSpotSettings } from './settings.ts'

const tokenVariable = 'HUBSPOT_TOKEN'

export const hubspot: Vendor<HubSpotSettings> = {
  type: 'hubspot',
  label: 'HubSpot',
  usualName: 'crm',
  settings: hubspotSettings,
  secrets: { token: tokenVariable },
  standIns: { token: 'not-set', url: 'https://not-set.invalid' },
  where: ({ object }) => (object === noObject ? 'linked records' : object),
  takes: takesOf,
  ask,
  async open(name, config, deps) {
    const { createHubSpotDestination } = await import('./hubspot-destination.ts')
    return createHubSpotDestination({ name, config, ...deps })
  },
}

async function ask({ choice, secret }: Questions) {
  const { token, object } = hubspotSettings.shape
  return {
    type: 'hubspot',
    token: await secret({
      message:
        "A service key (how to create one: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/account-service-keys), or a private app's token",
      setting: token,
      variable: tokenVariable,
    }),
    object: await choice({
      message: 'The object that stores codes',
      options: [
        { value: 'qr_code', label: 'qr_code: a custom object, which qrsync creates (Enterprise accounts)' },
        { value: 'products', label: 'products' },
        { value: 'companies', label: 'companies' },
      ],
      setting: object,
    }),
  }
}
