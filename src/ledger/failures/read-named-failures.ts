import { readFailures, type Failure } from './failures.ts'
import type { Ledger } from '../base/schema.ts'

/** A failing target with its code's name; without a code it is an endpoint of the account. */
export interface NamedFailure extends Failure {
  name: string | null
}

/** What fails, the longest first. */
export async function readNamedFailures(
  ledger: Ledger,
  connector: string,
  nowMs: number,
): Promise<NamedFailure[]> {
  const failures = await readFailures(ledger, connector, nowMs)
  if (failures.length === 0) return []
  const codes = await ledger
    .selectFrom('qr_codes')
    .select(['id', 'row'])
    .where('connector', '=', connector)
    .where('id', 'in', [...new Set(failures.map(({ qrCodeId }) => qrCodeId))])
    .execute()
  const names = new Map(codes.map(({ id, row }) => [id, (JSON.parse(row) as { name: string | null }).name]))
  return failures.map((failure) => ({ ...failure, name: names.get(failure.qrCodeId) ?? null }))
}
