import { randomUUID } from 'node:crypto'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import type { Actor, VirtualTime } from '../machines/virtual-time.ts'

/** What may happen around each statement: a wait, a fault, the end of the process. */
export interface DuckDbFaults {
  beforeOpening: () => Promise<void>
  beforeStatement: (sql: string) => Promise<void>
  afterStatement: () => Promise<void>
}

const realFromCache = DuckDBInstance.fromCache.bind(DuckDBInstance)
const realCreate = DuckDBInstance.create.bind(DuckDBInstance)
export const inMemory = ':memory:'

/** The file as one process has it open. */
export class OpenDuckDb {
  readonly actor: Actor | null
  readonly #time: VirtualTime
  readonly #faults: DuckDbFaults
  readonly #instance: DuckDBInstance
  readonly #connections = new Set<DuckDBConnection>()
  /** It is closed, so other processes may open the file. */
  onClosed: () => void = () => undefined

  private constructor(time: VirtualTime, faults: DuckDbFaults, instance: DuckDBInstance) {
    this.actor = time.actor()
    this.#time = time
    this.#faults = faults
    this.#instance = instance
  }

  static async open(
    time: VirtualTime,
    faults: DuckDbFaults,
    path: string,
    settings: Record<string, string> | undefined,
  ): Promise<OpenDuckDb> {
    const real = path === inMemory ? realCreate : realFromCache
    return new OpenDuckDb(time, faults, await time.hold(real(path, settings)))
  }

  /** The part of an instance that the connector uses. */
  facade(): DuckDBInstance {
    const facade = {
      connect: async () => {
        const connection = await this.#time.hold(this.#instance.connect())
        this.#connections.add(connection)
        return this.#facadeOf(connection)
      },
      closeSync: () => {
        this.close()
      },
    }
    return facade as unknown as DuckDBInstance
  }

  close(): void {
    for (const connection of this.#connections) connection.closeSync()
    this.#instance.closeSync()
    this.onClosed()
  }

  #facadeOf(connection: DuckDBConnection): DuckDBConnection {
    const around = async <Result>(sql: string, work: () => Promise<Result>): Promise<Result> => {
      await this.#faults.beforeStatement(sql)
      const result = await this.#time.hold(work())
      await this.#faults.afterStatement()
      return result
    }
    const facade = {
      run: (sql: string) => around(sql, () => connection.run(withUuid(sql))),
      runAndReadAll: (sql: string) => around(sql, () => connection.runAndReadAll(withUuid(sql))),
      createAppender: (...given: Parameters<DuckDBConnection['createAppender']>) =>
        around('append', () => connection.createAppender(...given)),
      closeSync: () => {
        this.#connections.delete(connection)
        connection.closeSync()
      },
    }
    return facade as unknown as DuckDBConnection
  }
}

/** DuckDB would draw an id of its own, which the same seed does not repeat. */
function withUuid(sql: string): string {
  return sql.includes('uuid()') ? sql.replaceAll('uuid()', `'${randomUUID()}'`) : sql
}
