import { broughtVendors, vendors } from '../../destinations/vendors.ts'

const names: readonly unknown[] = [
  'key',
  'former_key',
  'api_key',
  'salt',
  'webhook',
  'routing_key',
  'secret',
  'smtp',
  ...vendors.flatMap(secretsOf),
]

/** Whether the value of a setting with this name is secret: no error and no log shows it. */
export const isSecretSetting = (name: unknown) =>
  names.includes(name) || broughtVendors().some((vendor) => secretsOf(vendor).some((each) => each === name))

function secretsOf({ secrets = {} }: { secrets?: object }): string[] {
  return Object.keys(secrets)
}
