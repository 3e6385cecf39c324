import { isSummary } from '../streams/streams.ts'
import type { QrCode } from '../streams/qr-codes.ts'
import type { DeliveryKey } from '../ledger/deliveries/batch.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { totalOf } from '../ledger/summaries/rollup.ts'

export interface LandedOfCode {
  landed: number
  /** Those of them past the watermark, which may not have been sent yet. */
  behind: number
}

/**
 * Counts the landed scans of each code. For summaries, which have no positions, all of them are past the
 * watermark.
 */
export async function readLandedByCode(
  ledger: Ledger,
  connector: string,
  watermarkSeq: number,
): Promise<Map<string, LandedOfCode>> {
  const rows = await ledger
    .selectFrom('scans')
    .select((eb) => [
      'qr_code_id',
      eb.fn.countAll<number>().as('landed'),
      eb.fn.countAll<number>().filterWhere('seq', '>', watermarkSeq).as('behind'),
    ])
    .where('connector', '=', connector)
    .groupBy('qr_code_id')
    .execute()
  return new Map(rows.map(({ qr_code_id: id, landed, behind }) => [id, { landed, behind }]))
}

/**
 * Counts the scans of each code that a destination has refused; `Infinity` for summaries, because a refused
 * record contains no number of the code.
 */
export async function readRefusedByCode(ledger: Ledger, key: DeliveryKey): Promise<Map<string, number>> {
  const { connector, destination, stream } = key
  const refused = ledger.selectFrom('rejects').where((eb) => eb.and({ connector, destination, stream }))
  if (isSummary(stream)) {
    const codes = await refused.select('row_id').execute()
    return new Map(codes.map(({ row_id: id }) => [id, Infinity]))
  }
  const rows = await ledger
    .selectFrom('scans')
    .select((eb) => ['qr_code_id', eb.fn.countAll<number>().as('refused')])
    .where('connector', '=', connector)
    .where('seq', 'in', refused.select('seq'))
    .groupBy('qr_code_id')
    .execute()
  return new Map(rows.map(({ qr_code_id: id, refused }) => [id, refused]))
}

/** The total that a destination should show for each code: see `totalOf` in src/ledger/summaries/rollup.ts. */
export async function readTotalsByCode(ledger: Ledger, connector: string): Promise<Map<string, number>> {
  const landed = await readLandedByCode(ledger, connector, 0)
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .execute()
  return new Map(
    codes.map(({ id, row }) => [
      id,
      totalOf({ scans: landed.get(id)?.landed ?? 0 }, (JSON.parse(row) as QrCode).scan_count),
    ]),
  )
}
