import { PostgresAdapter, type Selectable, type Transaction } from 'kysely'
import { planLimits } from '../../budget/windows.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import type {
  AccountTable,
  ConnectorTable,
  GateTable,
  LeaseTable,
  ListPassTable,
  PlanTable,
  PositionTable,
  SyncHealthTable,
} from './connector-tables.ts'

/** A connector as it stands: what all of its tables hold of it. */
export type ConnectorState = Selectable<
  ConnectorTable &
    AccountTable &
    GateTable &
    LeaseTable &
    ListPassTable &
    PlanTable &
    SyncHealthTable &
    PositionTable
>

/** Until /me has told the plan, the smallest that has the API. */
export const unknownPlan = planLimits['pro'] ?? { perMinute: 60, perMonth: 5_000 }

/** Makes the connector's rows where there are none yet. */
export async function ensureConnector(ledger: Ledger, connector: string): Promise<void> {
  await ledger.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows: made = 0n } = await transaction
      .insertInto('connectors')
      .values({ connector, connected_at_ms: null, history_paused_at_ms: null, seen_at_ms: 0 })
      .onConflict((conflict) => conflict.column('connector').doNothing())
      .executeTakeFirstOrThrow()
    if (made === 0n) return
    await transaction
      .insertInto('accounts')
      .values({
        connector,
        calls_per_minute: unknownPlan.perMinute,
        calls_per_month: unknownPlan.perMonth,
      })
      .execute()
    await transaction.insertInto('gates').values({ connector }).execute()
    await transaction.insertInto('leases').values({ connector }).execute()
    await transaction.insertInto('list_passes').values({ connector }).execute()
    await transaction.insertInto('plans').values({ connector }).execute()
    await transaction.insertInto('sync_health').values({ connector }).execute()
    await transaction.insertInto('positions').values({ connector }).execute()
  })
}

/**
 * The connector as it stands, held until the transaction ends. Comes first in every transaction that decides something
 * from what it reads: workers then take their turns, on SQLite and PostgreSQL alike, and none waits for another in a
 * circle. On PostgreSQL all that is read behind it is as the holders before have left it.
 */
export async function lockConnector(
  transaction: Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  // A transaction on SQLite has the whole ledger. On PostgreSQL a statement of its own must come first: one that also reads other
  // tables would read them as they were before it had to wait.
  if (transaction.getExecutor().adapter instanceof PostgresAdapter) {
    await lockRow(transaction, { connector })
  }
  return readConnector(transaction, connector)
}

const lockRow = prepared<{ connector: string }, unknown>((ledger, place) =>
  ledger
    .selectFrom('connectors')
    .select('connector')
    .where('connector', '=', place('connector'))
    .forUpdate()
    .compile(),
)

export async function readConnector(
  ledger: Ledger | Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  const [state] = await selectOne(ledger, { connector })
  if (state === undefined) throw missing(connector)
  return state
}

/** Those that the ledger knows, in the order of their names. */
export function readConnectors(
  ledger: Ledger | Transaction<LedgerSchema>,
  connectors: readonly string[],
): Promise<ConnectorState[]> {
  return selectConnectors(ledger)
    .where('connectors.connector', 'in', connectors)
    .orderBy('connectors.connector')
    .execute()
}

const selectConnectors = (ledger: Ledger | Transaction<LedgerSchema>) =>
  ledger
    .selectFrom('connectors')
    .innerJoin('accounts', 'accounts.connector', 'connectors.connector')
    .innerJoin('gates', 'gates.connector', 'connectors.connector')
    .innerJoin('leases', 'leases.connector', 'connectors.connector')
    .innerJoin('list_passes', 'list_passes.connector', 'connectors.connector')
    .innerJoin('plans', 'plans.connector', 'connectors.connector')
    .innerJoin('sync_health', 'sync_health.connector', 'connectors.connector')
    .innerJoin('positions', 'positions.connector', 'connectors.connector')
    .selectAll()

const selectOne = prepared<{ connector: string }, ConnectorState>((ledger, place) =>
  selectConnectors(ledger).where('connectors.connector', '=', place('connector')).compile(),
)

function missing(connector: string): Error {
  return new Error(`the ledger has no connector ${connector}: ensureConnector comes first`)
}

/**
 * Leaves the scans of before we knew the account where they are, or goes on with them.
 *
 * @param pausedAtMs null to go on
 * @returns since when it was paused before; null where it was not
 */
export async function pauseHistory(
  ledger: Ledger,
  connector: string,
  pausedAtMs: number | null,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const { history_paused_at_ms: before } = await lockConnector(transaction, connector)
    await transaction
      .updateTable('connectors')
      .set({ history_paused_at_ms: pausedAtMs === null ? null : (before ?? pausedAtMs) })
      .where('connector', '=', connector)
      .execute()
    return before
  })
}
