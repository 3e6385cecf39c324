import { readConnectors, type ConnectorState } from './connector-state.ts'
import type { Ledger } from '../base/schema.ts'

/** The connector as it stands, or null where the ledger does not know it: for those who only look. */
export async function findConnector(ledger: Ledger, connector: string): Promise<ConnectorState | null> {
  const [state] = await readConnectors(ledger, [connector])
  return state ?? null
}
