import { ConnectorError } from '../model/connector-error.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { within } from './gauges.ts'

const ledgerTimeoutMs = 2_000

/** The result of `Worker.getState()` in lower case; `starting` before there is a worker. */
export type WorkerState = string

export interface Health {
  isWell: boolean
  worker: WorkerState
  /** `ok`, or what is wrong. */
  ledger: string
}

/**
 * Checks that a worker accepts tasks, and that its ledgers answer. Everything else that may be down comes back
 * without a restart.
 */
export async function readHealth(worker: WorkerState, ledgers: Iterable<Ledger>): Promise<Health> {
  const ledger = await within(ledgerTimeoutMs, ask(ledgers)).then(() => 'ok', reasonOf)
  return { isWell: worker === 'running' && ledger === 'ok', worker, ledger }
}

async function ask(ledgers: Iterable<Ledger>): Promise<void> {
  for (const ledger of ledgers) await ledger.selectFrom('connectors').select('connector').limit(1).execute()
}

function reasonOf(error: unknown): string {
  if (error instanceof ConnectorError) return error.code
  return error instanceof Error ? error.message : 'it fails'
}
