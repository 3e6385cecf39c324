import type { Vendor } from './vendor.ts'

/**
 * The version of {@link VendorDefinition} and `Destination`. It grows with every change that would break an
 * older vendor.
 */
const apiVersion = 1

/** A destination type that is not part of qrsync: a vendor without the questions of `init`. */
export interface VendorDefinition<Settings extends { type: string }> extends Pick<
  Vendor<Settings>,
  'type' | 'settings' | 'paths' | 'secrets' | 'where' | 'takes' | 'notes' | 'firstLook' | 'open'
> {
  /** The version of this interface that the vendor is written for. */
  readonly api: typeof apiVersion
}

/** The result of {@link defineVendor}, for `createConnector` or as a package's export. */
export interface DefinedVendor {
  readonly vendor: Vendor<{ type: string }>
}

const defined = new WeakSet<object>()

/**
 * Defines a destination type. A package exports it as `default`; a config file then names the package, which is
 * also the vendor's `type`. A program passes it to `createConnector`.
 *
 * @throws Error if it is written for another version of this interface
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
  // It only ever gets settings that its own schema has parsed, which TypeScript cannot know.
  const result = { vendor: vendor as unknown as Vendor<{ type: string }> }
  defined.add(result)
  return result
}

/**
 * Whether this copy of qrsync created it: a vendor of another copy would throw errors that this one does not
 * recognise.
 */
export const isDefinedVendor = (value: unknown): value is DefinedVendor => defined.has(value as object)
