import { rereadRow } from '../../src/source/reread-row.ts'
import type { Mask } from '../../src/streams/mask.ts'
import { landReplayed } from '../../src/ledger/scans/land-replayed.ts'
import { readSetAside, type KeptRow } from '../../src/ledger/scans/set-aside.ts'
import type { Ledger } from '../../src/ledger/base/schema.ts'

const rowsPerRead = 500

export interface ReplayOf {
  connector: string
  stream?: string
  id?: string
}

/**
 * Parses the rows that were set aside with this version, and lands those that it can read now. Makes no call to
 * the API. Leaves out days and shares of analytics: the next response about their code contains all of them
 * again.
 *
 * @returns rows landed
 */
export async function replaySetAside(
  { ledger, mask, nowMs }: { ledger: Ledger; mask: Mask | undefined; nowMs: number },
  of: ReplayOf,
): Promise<number> {
  let landed = 0
  let after: KeptRow | undefined
  for (;;) {
    const kept = await readSetAside(ledger, of, { limit: rowsPerRead, ...(after && { after }) })
    for (const row of kept) {
      if (row.json === null) continue
      const hashed = row.hashed === null ? [] : (JSON.parse(row.hashed) as string[])
      const read = rereadRow({ stream: row.stream, qrCodeId: row.qr_code_id, json: row.json, hashed }, mask)
      if (read !== null && (await landReplayed(ledger, row, read, nowMs))) landed++
    }
    after = kept.at(-1)
    if (kept.length < rowsPerRead) return landed
  }
}
