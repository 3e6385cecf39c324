import { PostgresAdapter, type Selectable, type Transaction } from 'kysely'
import { planLimits } from '../../budget/windows.ts'
import { prepared } from '../base/prepared.ts'
import type { Ledger, LedgerSchema } from '../base/schema.ts'
import { recordAction } from './audit-trail.ts'
import type { Actor } from './audit-tables.ts'
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

/** The current state of a connector: its rows of all connector tables, joined. */
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

/** The limits until /me has returned the plan: those of the smallest plan that includes the API. */
export const unknownPlan = planLimits['pro'] ?? { perMinute: 60, perMonth: 5_000 }

/** Inserts the connector's rows if they do not exist yet. */
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
 * Locks the connector until the transaction ends, and reads its state. Every transaction that makes a decision from what it
 * reads must call this first. Workers then run such transactions one after the other, on SQLite and on PostgreSQL, and cannot
 * deadlock. On PostgreSQL, later reads in the transaction see everything that earlier holders of the lock have committed.
 *
 * @returns the connector's state under the lock
 */
export async function lockConnector(
  transaction: Transaction<LedgerSchema>,
  connector: string,
): Promise<ConnectorState> {
  // On SQLite, a transaction locks the whole ledger. On PostgreSQL, the lock needs a statement of its own: a statement that also
  // read other tables would read them from a snapshot taken before it waited for the lock.
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

/** @returns the state of each of these connectors that is in the ledger, sorted by name */
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
 * Pauses or resumes the backfill: fetching the scans from before the connector was set up.
 *
 * @param pausedAtMs the time of the pause (epoch ms), or null to resume
 * @returns when an earlier pause began (epoch ms), or null if the backfill was not paused
 */
export async function pauseHistory(
  ledger: Ledger,
  connector: string,
  pausedAtMs: number | null,
  actor: Actor,
): Promise<number | null> {
  return ledger.transaction().execute(async (transaction) => {
    const { history_paused_at_ms: before } = await lockConnector(transaction, connector)
    await transaction
      .updateTable('connectors')
      .set({ history_paused_at_ms: pausedAtMs === null ? null : (before ?? pausedAtMs) })
      .where('connector', '=', connector)
      .execute()
    await recordAction(
      transaction,
      connector,
      pausedAtMs === null ? 'resume backfill' : 'pause backfill',
      actor,
    )
    return before
  })
}
