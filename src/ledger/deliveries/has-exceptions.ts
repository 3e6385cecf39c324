import { prepared } from '../base/prepared.ts'
import type { Ledger } from '../base/schema.ts'
import type { TargetKey } from './targets.ts'

/**
 * Whether a destination has failing streams, rejected rows to send again, or codes to erase, due now or later. One statement, because
 * every run of the planner asks this, and almost always the answer is no.
 */
export async function hasExceptions(ledger: Ledger, { connector, destination }: TargetKey): Promise<boolean> {
  return (await selectAny(ledger, { connector, destination })).length > 0
}

const selectAny = prepared<TargetKey, { connector: string }>((ledger, place) =>
  ledger
    .selectFrom('delivery_failures')
    .select('connector')
    .where('connector', '=', place('connector'))
    .where('destination', '=', place('destination'))
    .unionAll(
      ledger
        .selectFrom('erasures')
        .select('connector')
        .where('connector', '=', place('connector'))
        .where('destination', '=', place('destination')),
    )
    .unionAll(
      ledger
        .selectFrom('rejects')
        .select('connector')
        .where('connector', '=', place('connector'))
        .where('destination', '=', place('destination'))
        .where((eb) => eb.or([eb('replay', '=', 1), eb('again_at_ms', 'is not', null)])),
    )
    .limit(1)
    .compile(),
)
