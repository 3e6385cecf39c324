import type { Ledger } from '../base/schema.ts'

/** How the config that a process runs by stands to the one in the file. */
export interface ConfigLoad {
  connector: string
  /** When the config that runs was read. */
  loadedAtMs: number
  /** Why a newer one is not used; null where there is none, or it is. */
  problem: string | null
  /** Since when. */
  problemSinceMs: number | null
  /** What of the newer one applies only after a restart, and what to do; null where all of it applies. */
  restart: string | null
}

/** Keeps how the last reading of a connector's config went: for `status`, and for alerts. */
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

/** Of connectors that a process has run since this is kept. */
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
