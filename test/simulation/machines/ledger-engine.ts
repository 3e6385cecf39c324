import { PGlite, types, type Results } from '@electric-sql/pglite'
import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'
import { sessionSettings } from '../../../src/ledger/base/postgres-dialect.ts'
import { migratedInMemory } from '../../support/ledger/migrated-in-memory.ts'
import type { VirtualTime } from './virtual-time.ts'

export const ledgerEngines = ['sqlite', 'postgres'] as const
export type LedgerEngine = (typeof ledgerEngines)[number]

/** Kysely's dialect for an empty database that ends with this process. */
export function ledgerDialect(engine: LedgerEngine, time: VirtualTime): Dialect {
  return engine === 'postgres' ? createPgliteDialect(time) : migratedInMemory()
}

/** As in `createPostgresDialect`: counts and times are numbers. */
const parsers = { [types.INT8]: Number, [types.NUMERIC]: Number }

/** The server starts once in this process, because that takes seconds. Each run begins with an empty schema. */
let started: Promise<PGlite> | null = null

/**
 * Real PostgreSQL inside this process, with one connection. Virtual time stops while a statement runs, and the
 * server's clock shows the true time of the simulated world.
 *
 * @see https://pglite.dev/docs/api
 */
function createPgliteDialect(time: VirtualTime): Dialect {
  const connection = new PgliteConnection(time)
  const run = (sql: string) => connection.run(sql)
  const driver: Driver = {
    init: () => connection.open(),
    destroy: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: () => Promise.resolve(),
    beginTransaction: () => run('begin'),
    commitTransaction: () => run('commit'),
    rollbackTransaction: () => run('rollback'),
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createDriver: () => driver,
  }
}

class PgliteConnection implements DatabaseConnection {
  readonly #time: VirtualTime
  #server: PGlite | null = null

  constructor(time: VirtualTime) {
    this.#time = time
  }

  async open(): Promise<void> {
    started ??= PGlite.create({ parsers })
    this.#server = await started
    await this.#server.exec(`rollback; drop schema public cascade; create schema public; ${sessionSettings}`)
  }

  async run(sql: string): Promise<void> {
    await this.#query(sql, [])
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (sql.includes('clock_timestamp()')) return { rows: [{ ms: this.#time.nowMs } as Row] }
    const { rows, affectedRows } = await this.#query<Row>(sql, [...parameters])
    return { rows, numAffectedRows: BigInt(affectedRows ?? 0) }
  }

  streamQuery(): never {
    throw new Error('the ledger streams nothing')
  }

  #query<Row>(sql: string, parameters: unknown[]): Promise<Results<Row>> {
    if (this.#server === null) throw new Error('the database is not open')
    return this.#time.hold(this.#server.query<Row>(sql, parameters))
  }
}
