import type { Destination, Erasure } from '../../src/destinations/destination.ts'
import {
  dropErasures,
  noteErased,
  noteNotErased,
  readDueErasures,
} from '../../src/ledger/erasure/erasures.ts'
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
  if (erasure === undefined) {
    await dropErasures(ledger, place, ids)
    return
  }
  const problem = await whyNotErased(erasure, ids)
  if (problem === null) await noteErased(ledger, place, ids, clock.now())
  else await noteNotErased(ledger, place, ids, problem, clock.now())
}

async function whyNotErased(erasure: Erasure, ids: readonly string[]): Promise<string | null> {
  try {
    await erasure.eraseCodes(ids)
    return null
  } catch (error) {
    if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
    throw error
  }
}
