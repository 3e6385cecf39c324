import { streamNames, type StreamName } from '../streams/streams.ts'
import { hasRowsWithoutCode, isAway } from './is-away.ts'
import { codeColumnOf } from './warehouse-columns.ts'

interface Warehouse {
  /** The name of the destination. */
  name: string
  /** Where its tables are, for messages. */
  place: string
  missing: readonly StreamName[]
}

/**
 * Erases codes from each table of a warehouse. A table that cannot be used keeps its rows, and no others.
 *
 * @param eraseFrom deletes the rows of the codes, and returns whether the table has rows whose code is unknown
 * @throws afterwards, why the codes may still be there: the first failure, or ConnectorError DESTINATION_UNAVAILABLE
 */
export async function eraseFromTables(
  { name, place, missing }: Warehouse,
  eraseFrom: (stream: StreamName, codeColumn: string) => Promise<boolean>,
): Promise<void> {
  const failures: unknown[] = []
  const doubtful: StreamName[] = []
  for (const stream of streamNames) {
    if (missing.includes(stream)) continue
    try {
      if (await eraseFrom(stream, codeColumnOf(stream))) doubtful.push(stream)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  const [first] = missing
  if (first !== undefined) throw isAway(name, `the table ${first} of ${place}`)
  const [other] = doubtful
  if (other !== undefined) throw hasRowsWithoutCode(name, `${other}.${codeColumnOf(other)}`)
}
