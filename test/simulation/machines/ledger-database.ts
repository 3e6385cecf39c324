import {
  Kysely,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'
import type { Ledger, LedgerSchema } from '../../../src/ledger/base/schema.ts'
import { unavailable } from '../../../src/ledger/base/unavailable.ts'
import type { Actor, VirtualTime } from './virtual-time.ts'

/** As long as SQLite waits for a lock (`createSqliteDialect`). */
const busyTimeoutMs = 10_000
/** Statements between two events: a slice of work that makes no progress makes more. */
const mostAtOnce = 50_000

export interface LedgerFaults {
  /** How long the next statement takes. */
  statementMs: () => number
  /** Why the next statement fails; none of it takes effect. */
  failure: (sql: string) => string | null
  /** Whether the answer to a successful commit is lost. */
  losesAnswer: () => boolean
  /** Whether the process crashes before it runs a statement. */
  crashes: () => boolean
}

/**
 * The ledger's database, which survives the processes that use it: real SQLite in memory, or real PostgreSQL in
 * this process. One worker at a time has it, for a statement or a transaction. The transaction of a worker that
 * crashes is rolled back.
 */
export class LedgerDatabase {
  readonly #time: VirtualTime
  readonly #faults: LedgerFaults
  readonly #dialect: Dialect
  readonly #driver: Driver
  readonly #waiting: Waiting[] = []
  #connection: DatabaseConnection | null = null
  #holder: Holder | null = null
  /** Called after a delivery is stored. */
  onSettled: () => void = () => undefined
  /** Called for a statement that would concern the rows of all connectors. */
  onAllConnectors: (sql: string) => void = () => undefined
  #lastStep = 0
  #statementsAtOnce = 0
  #isSettling = false

  constructor(time: VirtualTime, dialect: Dialect, faults: LedgerFaults) {
    this.#time = time
    this.#faults = faults
    this.#dialect = dialect
    this.#driver = dialect.createDriver()
  }

  get isHeld(): boolean {
    return this.#holder !== null
  }

  async open(): Promise<void> {
    await this.#driver.init()
    this.#connection = await this.#driver.acquireConnection()
  }

  /** A process's own access to it. */
  connect(): Ledger {
    return new Kysely<LedgerSchema>({ dialect: this.dialect() })
  }

  dialect(): Dialect {
    return {
      createAdapter: () => this.#dialect.createAdapter(),
      createQueryCompiler: () => this.#dialect.createQueryCompiler(),
      createIntrospector: (database) => this.#dialect.createIntrospector(database),
      createDriver: () => this.#createDriver(),
    }
  }

  async close(): Promise<void> {
    await this.#driver.destroy()
  }

  /** Whether what is read now may not be committed yet. */
  get isInTransaction(): boolean {
    return this.#holder?.isInTransaction === true
  }

  /** Reads independently of all processes, and takes no time. */
  onlooker(): Ledger {
    const dialect = this.dialect()
    const connection: DatabaseConnection = {
      executeQuery: (query) => this.#inner().executeQuery(query),
      streamQuery: noStream,
    }
    const nothing = () => Promise.resolve()
    const driver: Driver = {
      init: nothing,
      destroy: nothing,
      acquireConnection: () => Promise.resolve(connection),
      releaseConnection: nothing,
      beginTransaction: nothing,
      commitTransaction: nothing,
      rollbackTransaction: nothing,
    }
    return new Kysely<LedgerSchema>({ dialect: { ...dialect, createDriver: () => driver } })
  }

  /** Frees whatever a crashed process held. */
  async crashed(actor: Actor): Promise<void> {
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      if (this.#waiting[at]?.actor === actor) this.#waiting.splice(at, 1)
    }
    if (this.#holder?.actor !== actor) return
    if (this.#holder.isInTransaction) await this.#driver.rollbackTransaction(this.#inner())
    this.#release()
  }

  #createDriver(): Driver {
    const connections = new WeakMap<DatabaseConnection, Holder>()
    const holderOf = (connection: DatabaseConnection): Holder => {
      const holder = connections.get(connection)
      if (holder === undefined) throw new Error('a connection that is not ours')
      return holder
    }
    return {
      init: () => Promise.resolve(),
      destroy: () => Promise.resolve(),
      acquireConnection: async () => {
        const holder = await this.#acquire()
        const connection: DatabaseConnection = {
          executeQuery: (query) => this.#execute(query),
          streamQuery: noStream,
        }
        connections.set(connection, holder)
        return connection
      },
      releaseConnection: (connection) => {
        if (this.#holder === holderOf(connection)) this.#release()
        return Promise.resolve()
      },
      beginTransaction: async (connection) => {
        await this.#beforeStatement('begin')
        this.#isSettling = false
        await this.#driver.beginTransaction(this.#inner(), {})
        holderOf(connection).isInTransaction = true
      },
      commitTransaction: async (connection) => {
        await this.#beforeStatement('commit')
        await this.#driver.commitTransaction(this.#inner())
        holderOf(connection).isInTransaction = false
        if (this.#isSettling) this.onSettled()
        this.#isSettling = false
        if (this.#faults.losesAnswer()) throw broken('the connection was lost')
      },
      rollbackTransaction: async (connection) => {
        const holder = holderOf(connection)
        if (holder.isInTransaction) await this.#driver.rollbackTransaction(this.#inner())
        holder.isInTransaction = false
      },
    }
  }

  async #execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { sql } = query
    await this.#beforeStatement(sql)
    // Without an actor, the ledger is still being created.
    if (this.#time.actor() !== null) {
      if (!namesConnector.test(sql)) this.onAllConnectors(sql)
      this.#isSettling ||= sql.startsWith('update "deliveries"')
    }
    return this.#inner().executeQuery<Row>(query)
  }

  async #beforeStatement(sql: string): Promise<void> {
    if (this.#isEndless()) {
      this.#time.defect ??= new Error(
        `a loop without progress: ${mostAtOnce} statements at one moment, the last: ${sql}`,
      )
      await never
    }
    if (this.#faults.crashes()) await never
    const takesMs = this.#faults.statementMs()
    if (takesMs > 0) await this.#time.pause(takesMs)
    const failure = this.#faults.failure(sql)
    if (failure !== null) throw broken(failure)
  }

  #isEndless(): boolean {
    const { steps } = this.#time
    this.#statementsAtOnce = steps === this.#lastStep ? this.#statementsAtOnce + 1 : 0
    this.#lastStep = steps
    return this.#statementsAtOnce > mostAtOnce
  }

  #acquire(): Promise<Holder> {
    const holder = { actor: this.#time.actor(), isInTransaction: false }
    if (holder.actor?.isAlive === false) return never
    if (this.#holder === null) {
      this.#holder = holder
      return Promise.resolve(holder)
    }
    const { promise, resolve, reject } = Promise.withResolvers<Holder>()
    const waiting: Waiting = {
      actor: holder.actor,
      take: () => {
        giveUp.isCancelled = true
        this.#holder = holder
        resolve(holder)
      },
    }
    const giveUp = this.#time.after(busyTimeoutMs, () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      reject(broken('database is locked'))
    })
    this.#waiting.push(waiting)
    return promise
  }

  #release(): void {
    this.#holder = null
    this.#waiting.shift()?.take()
  }

  #inner(): DatabaseConnection {
    if (this.#connection === null) throw new Error('the database is not open')
    return this.#connection
  }
}

/**
 * Each connector owns its rows. Only the windows of a vendor's account belong to all connectors of that
 * account, and the write-ahead file to all that share the ledger.
 */
const namesConnector =
  /\bconnector"? (=|in) |^insert into "\w+" \([^)]*"connector"|"vendor_calls"|clock_timestamp|wal_checkpoint/

/** A process that has crashed waits for this. */
const never = new Promise<never>(() => undefined)

interface Holder {
  actor: Actor | null
  isInTransaction: boolean
}

interface Waiting {
  actor: Actor | null
  take: () => void
}

function noStream(): never {
  throw new Error('the ledger streams nothing')
}

function broken(reason: string): Error {
  return unavailable('ledger.sqlite', reason, 'It will be there again.')
}
