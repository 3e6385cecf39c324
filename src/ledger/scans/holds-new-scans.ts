import type { Scan } from '../../model/scan.ts'
import type { Ledger } from '../base/schema.ts'
import { storedId } from '../base/stored-id.ts'

/** Whether some of these scans of a code are not landed. */
export async function holdsNewScans(
  ledger: Ledger,
  connector: string,
  qrCodeId: string,
  rows: readonly Scan[],
): Promise<boolean> {
  const { landed } = await ledger
    .selectFrom('scans')
    .select((eb) => eb.fn.countAll<number>().as('landed'))
    .where('connector', '=', connector)
    .where('qr_code_id', '=', qrCodeId)
    .where('scanned_at_ms', 'in', [...new Set(rows.map(({ scanned_at }) => Date.parse(scanned_at)))])
    .where(
      'id',
      'in',
      rows.map(({ id }) => storedId(id)),
    )
    .executeTakeFirstOrThrow()
  return landed < new Set(rows.map(({ id }) => id)).size
}
