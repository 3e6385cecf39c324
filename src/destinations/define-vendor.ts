import type { Vendor } from './vendor.ts'

/** Of {@link VendorDefinition} and `Destination`. Grows with every change that a vendor of before would not survive. */
const apiVersion = 1

/** What a kind of destination has to say that is no part of qrsync: a vendor without the questions of `init`. */
export interface VendorDefinition<Settings extends { type: string }> extends Pick<
  Vendor<Settings>,
  'type' | 'settings' | 'paths' | 'secrets' | 'where' | 'takes' | 'notes' | 'firstLook' | 'open'
> {
  /** The version of this interface that it is written for. */
  readonly api: typeof apiVersion
}

/** What {@link defineVendor} makes: for `createConnector`, or to be exported by a package. */
export interface DefinedVendor {
  readonly vendor: Vendor<{ type: string }>
}

const defined = new WeakSet<object>()

/**
 * Defines a kind of destination. A package exports it as `default`, and is then named in a config file by its own name, which is
 * the vendor's `type`; a program hands it to `createConnector`.
 *
 * @throws Error where it is written for another version of this interface
 */
export function defineVendor<Settings extends { type: string }>(
  definition: VendorDefinition<Settings>,
): DefinedVendor {
  const { type } = definition
  const api: unknown = definition.api
  if (api !== apiVersion) {
    throw new Error(
      `${type} is written for version ${String(api)} of the interface of destinations, and this qrsync has ${apiVersion}`,
    )
  }
  const vendor: Vendor<Settings> = {
    ...definition,
    label: type,
    usualName: type,
    ask: () => Promise.reject(new Error(`init asks nothing for ${type}`)),
  }
  // Only settings that its own schema has read are ever handed to it: TypeScript cannot know it.
  const result = { vendor: vendor as unknown as Vendor<{ type: string }> }
  defined.add(result)
  return result
}

/** Whether it was made here: what another copy of qrsync has made would throw errors that this one does not know. */
export const isDefinedVendor = (value: unknown): value is DefinedVendor => defined.has(value as object)
