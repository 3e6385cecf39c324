import type { CompiledQuery, Transaction } from 'kysely'
import type { Ledger, LedgerSchema } from './schema.ts'

/** Represents, in a compiled query, a value that each run passes. */
class Parameter {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

type Place<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/**
 * Compiles a query once for each ledger, and then only runs it. Kysely takes longer to build and compile a
 * query than SQLite takes to run it, which matters for queries of every call.
 *
 * @param build makes the query; `place` represents a value that each run passes, and that may not be null if
 *   SQL compares it
 * @returns a function that runs the query with such values
 */
export function prepared<Values extends object, Row>(
  build: (ledger: Ledger | Transaction<LedgerSchema>, place: Place<Values>) => CompiledQuery<Row>,
): (ledger: Ledger | Transaction<LedgerSchema>, values: Values) => Promise<Row[]> {
  // A ledger and its transactions have the same adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()
  return async (ledger, values) => {
    const { adapter } = ledger.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = build(ledger, (name) => new Parameter(name) as never)
      compiled.set(adapter, query)
    }
    const parameters = query.parameters.map((value) =>
      value instanceof Parameter ? values[value.name as keyof Values] : value,
    )
    const { rows } = await ledger.executeQuery<Row>({ ...query, parameters })
    return rows
  }
}
