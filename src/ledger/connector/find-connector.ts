import { readConnectors, type ConnectorState } from './connector-state.ts'
import type { Ledger } from '../base/schema.ts'

/** @returns the connector's current state without a lock, or null if it is not in the ledger */
export async function findConnector(ledger: Ledger, connector: string): Promise<ConnectorState | null> {
  const [state] = await readConnectors(ledger, [connector])
  return state ?? null
}
