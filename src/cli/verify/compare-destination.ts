import type { Destination } from '../../destinations/destination.ts'
import { readConnector } from '../../ledger/connector/connector-state.ts'
import { isBehind, readDelivery } from '../../ledger/deliveries/deliveries.ts'
import { readLandedByCode, readRefusedByCode, readTotalsByCode } from '../../insight/read-landed-by-code.ts'
import type { Ledger } from '../../ledger/base/schema.ts'

export interface DestinationGap {
  id: string
  /** What was compared: the scans that the destination counts, or the total that it shows. */
  of: 'scans' | 'total'
  landed: number
  there: number
  /** Delivered automatically. */
  waiting: number
  refused: number
  /** Confirmed, but missing in the destination. */
  missing: number
  /** In the destination, but not landed. */
  more: number
}

export interface Compared {
  ledger: Ledger
  connector: string
  /** Its name in the config file. */
  name: string
  destination: Destination
  codeIds: readonly string[]
}

/** Null if the destination does not count scans itself. */
export async function compareScans({ ledger, connector, name, destination, codeIds }: Compared) {
  const { counts } = destination
  if (counts === undefined) return null
  const key = { connector, destination: name, stream: 'scans' } as const
  // A worker may deliver meanwhile: rows past this earlier watermark may be there or not, and rows that land
  // after the count cannot be.
  const watermarkSeq = (await readDelivery(ledger, key))?.watermarkSeq ?? 0
  const counted = await counts.countScans(codeIds)
  const landedByCode = await readLandedByCode(ledger, connector, watermarkSeq)
  const refusedByCode = await readRefusedByCode(ledger, key)
  let scans = 0
  const gaps: DestinationGap[] = []
  for (const id of codeIds) {
    const { landed = 0, behind = 0 } = landedByCode.get(id) ?? {}
    const there = counted.get(id) ?? 0
    scans += there
    const lack = Math.max(landed - there, 0)
    const refusedOfIt = refusedByCode.get(id) ?? 0
    const missing = Math.max(lack - behind - refusedOfIt, 0)
    const refused = Math.min(refusedOfIt, lack - missing)
    const waiting = lack - missing - refused
    const more = Math.max(there - landed, 0)
    if (lack + more > 0) gaps.push({ id, of: 'scans', landed, there, waiting, refused, missing, more })
  }
  return { scans, gaps }
}

/**
 * Compares the totals that a destination shows with those of the ledger. They are numbers that qrsync wrote:
 * they prove that the records exist and are current, but nothing about single scans. Null if it shows none.
 */
export async function compareTotals({ ledger, connector, name, destination, codeIds }: Compared) {
  const { totals: showing } = destination
  if (showing === undefined) return null
  const key = { connector, destination: name, stream: 'code_summaries' } as const
  const delivery = await readDelivery(ledger, key)
  const shown = await showing.readTotals(codeIds)
  const isWaiting = isBehind(await readConnector(ledger, connector), key.stream, delivery)
  const totals = await readTotalsByCode(ledger, connector)
  const refusedByCode = await readRefusedByCode(ledger, key)
  const gaps: DestinationGap[] = []
  for (const id of codeIds) {
    const landed = totals.get(id) ?? 0
    const there = shown.get(id) ?? 0
    if (landed === there) continue
    const gap: DestinationGap = {
      id,
      of: 'total',
      landed,
      there,
      waiting: 0,
      refused: 0,
      missing: 0,
      more: 0,
    }
    const off = Math.abs(landed - there)
    if (refusedByCode.has(id)) gap.refused = off
    else if (isWaiting) gap.waiting = off
    else if (there < landed) gap.missing = off
    else gap.more = off
    gaps.push(gap)
  }
  return { records: shown.size, gaps }
}
