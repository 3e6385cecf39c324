import type { Ledger } from '../base/schema.ts'

/** Whether the config that a process uses is the one in the file. */
export interface ConfigLoad {
  connector: string
  /** When the process read the config that it uses. */
  loadedAtMs: number
  /** Why the process does not use a newer config file; null if there is none, or if it is used. */
  problem: string | null
  /** When the problem began. */
  problemSinceMs: number | null
  /** Which settings of the newer file apply only after a restart, and what to do; null if all of it applies. */
  restart: string | null
}

/** Stores the result of the last time a connector's config was read. `status` and alerts show it. */
export async function noteConfigLoad(ledger: Ledger, load: ConfigLoad): Promise<void> {
  const row = {
    loaded_at_ms: load.loadedAtMs,
    problem: load.problem,
    problem_since_ms: load.problemSinceMs,
    restart: load.restart,
  }
  await ledger
    .insertInto('config_loads')
    .values({ connector: load.connector, ...row })
    .onConflict((conflict) => conflict.column('connector').doUpdateSet(row))
    .execute()
}

/** @returns the last load of each connector; none for a connector that no process has run since qrsync began to store loads */
export async function readConfigLoads(ledger: Ledger, connectors: readonly string[]): Promise<ConfigLoad[]> {
  const loads = await ledger
    .selectFrom('config_loads')
    .selectAll()
    .where('connector', 'in', connectors)
    .orderBy('connector')
    .execute()
  return loads.map((load) => ({
    connector: load.connector,
    loadedAtMs: load.loaded_at_ms,
    problem: load.problem,
    problemSinceMs: load.problem_since_ms,
    restart: load.restart,
  }))
}
