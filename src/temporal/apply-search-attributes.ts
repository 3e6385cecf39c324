import { SearchAttributeType } from '@temporalio/common'
import type { NativeConnection } from '@temporalio/worker'
import { searchAttributes } from '../../workflows/search-attributes.ts'

/** Temporal's own numbers (temporal.api.enums.v1.IndexedValueType). */
const indexedTypes = { [SearchAttributeType.KEYWORD]: 2, [SearchAttributeType.INT]: 3 }
const wanted = Object.fromEntries(
  Object.values(searchAttributes).map(({ name, type }) => [name, indexedTypes[type]]),
)

export interface AppliedSearchAttributes {
  /** The missing ones, which were registered or would be. */
  missing: string[]
  /** Why they cannot be used; null if they can. */
  obstacle: string | null
}

/**
 * Registers the attributes that workflows show. If that is not allowed (Temporal Cloud has its own UI for it),
 * or if an attribute with another type has one of the names, workflows run without all of them.
 */
export async function applySearchAttributes(
  connection: NativeConnection,
  namespace: string,
  { dryRun = false } = {},
): Promise<AppliedSearchAttributes> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    const missing = Object.keys(wanted).filter((name) => customAttributes[name] === undefined)
    // The server would silently accept an attribute with another type, and refuse workflows because of it
    // later.
    const other = Object.keys(wanted).find(
      (name) => (customAttributes[name] ?? wanted[name]) !== wanted[name],
    )
    if (other !== undefined) return { missing: [], obstacle: `${other} exists with another type` }
    if (missing.length > 0 && !dryRun) {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, wanted[name] ?? 2])),
      })
    }
    return { missing, obstacle: null }
  } catch (error) {
    return { missing: [], obstacle: error instanceof Error ? error.message : String(error) }
  }
}
