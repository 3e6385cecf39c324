import type { Destination } from '../../src/destinations/destination.ts'
import { noteErased, noteNotErased, readDueErasures } from '../../src/ledger/erasure/erasures.ts'
import { ConnectorError } from '../../src/model/connector-error.ts'
import type { ActivityDeps } from '../deps.ts'

/**
 * Erases the codes that the destination still has to erase, before it gets any row. If it cannot do so now, its rows are delivered all
 * the same, and a later delivery tries again.
 */
export async function eraseDue(
  { ledger, connector, clock }: ActivityDeps,
  name: string,
  { erasure }: Pick<Destination, 'erasure'>,
): Promise<void> {
  const place = { connector, destination: name }
  const ids = await readDueErasures(ledger, place, clock.now())
  if (ids.length === 0) return
  const problem = await whyNotErased(erasure, ids)
  if (problem === null) await noteErased(ledger, place, ids, clock.now())
  else await noteNotErased(ledger, place, ids, problem, clock.now())
}

async function whyNotErased(erasure: Destination['erasure'], ids: readonly string[]): Promise<string | null> {
  if (erasure === undefined) return 'this type of destination cannot erase: delete the rows of the code there'
  try {
    await erasure.eraseCodes(ids)
    return null
  } catch (error) {
    if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
    throw error
  }
}
