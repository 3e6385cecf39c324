import type { Selectable, Transaction } from 'kysely'
import { prepared } from '../base/prepared.ts'
import type { LedgerSchema, QrCodeTable } from '../base/schema.ts'

type Tx = Transaction<LedgerSchema>
type Code = Selectable<QrCodeTable>
type Key = Pick<Code, 'connector' | 'id'>
type Update = (
  transaction: Tx,
  values: Partial<Code> & { ofConnector: string; ofId: string },
) => Promise<unknown>

/** By the columns that they set, because callers use only a few combinations. */
const updates = new Map<string, Update>()

/** Sets columns of a code. */
export async function updateCode(
  transaction: Tx,
  { connector, id }: Key,
  values: Partial<Code>,
): Promise<void> {
  const columns = Object.keys(values) as (keyof Code)[]
  const known = columns.join()
  let update = updates.get(known)
  if (update === undefined) {
    update = updateOf(columns)
    updates.set(known, update)
  }
  await update(transaction, { ...values, ofConnector: connector, ofId: id })
}

function updateOf(columns: readonly (keyof Code)[]): Update {
  return prepared((ledger, place) =>
    ledger
      .updateTable('qr_codes')
      .set(Object.fromEntries(columns.map((column) => [column, place(column)])))
      .where('connector', '=', place('ofConnector'))
      .where('id', '=', place('ofId'))
      .compile(),
  )
}
