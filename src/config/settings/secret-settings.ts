import { broughtVendors, vendors } from '../../destinations/vendors.ts'

const names: readonly unknown[] = [
  'key',
  'api_key',
  'salt',
  'webhook',
  'routing_key',
  'secret',
  'smtp',
  ...vendors.flatMap(secretsOf),
]

/** Whether a setting's value, by the setting's own name, is never shown: in no error, and in no log. */
export const isSecretSetting = (name: unknown) =>
  names.includes(name) || broughtVendors().some((vendor) => secretsOf(vendor).some((each) => each === name))

function secretsOf({ secrets = {} }: { secrets?: object }): string[] {
  return Object.keys(secrets)
}
