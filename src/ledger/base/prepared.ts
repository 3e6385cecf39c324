import type { CompiledQuery, Transaction } from 'kysely'
import type { Ledger, LedgerSchema } from './schema.ts'

/** Stands in a compiled query for a value that each run gives. */
class Parameter {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

type Place<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/**
 * A query that is compiled once for each ledger, and then only run: Kysely takes longer to build and compile a query than SQLite
 * to run it, which counts where every call does it.
 *
 * @param build makes the query; `place` stands for a value that each run gives, and cannot be null where SQL compares with it
 * @returns runs the query with such values
 */
export function prepared<Values extends object, Row>(
  build: (ledger: Ledger | Transaction<LedgerSchema>, place: Place<Values>) => CompiledQuery<Row>,
): (ledger: Ledger | Transaction<LedgerSchema>, values: Values) => Promise<Row[]> {
  // A ledger and its transactions share their adapter.
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
