import type { Destination } from '../destinations/destination.ts'
import { readConnector } from '../ledger/connector-state.ts'
import { lastSeqOf, readDelivery } from '../ledger/deliveries.ts'
import { readDeliveryFailures, type DeliveryFailure } from '../ledger/delivery-failures.ts'
import { readLandedByCode, readRefusedByCode } from '../ledger/read-landed-by-code.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { isSummary, type DeliveredStream } from '../model/stream.ts'
import { createDestinations } from '../worker/create-destinations.ts'
import type { KnownAccount } from './with-account.ts'

/** What a destination has of the landed scans, by its own count; names as in the JSON of `qrsync verify`. */
export interface VerifiedDestination {
  destination: string
  /** Scans of the codes that the ledger knows; null where it could not be asked, or cannot tell. */
  scans: number | null
  error: { code: string; message: string } | null
  /** Codes of which it has other than what is landed. */
  gaps: DestinationGap[]
  /** Streams that it does not take at present. */
  failures: DeliveryFailure[]
}

export interface DestinationGap {
  id: string
  landed: number
  there: number
  /** Delivered by itself. */
  waiting: number
  refused: number
  /** Confirmed once, and not there. */
  missing: number
  /** There, and not landed. */
  more: number
}

/** Asks each destination how many scans of each code it has. */
export async function verifyDestinations(account: KnownAccount): Promise<VerifiedDestination[]> {
  const verified: VerifiedDestination[] = []
  const { ledger, config } = account
  for (const [name, destination] of createDestinations(config, ledger)) {
    const place = { connector: config.connector, destination: name }
    const failures = await readDeliveryFailures(ledger, place, destination.streams)
    try {
      verified.push({ ...(await verifyOne(account, name, destination)), failures })
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      const { code, message } = error
      verified.push({ destination: name, scans: null, error: { code, message }, gaps: [], failures })
    } finally {
      await destination.close()
    }
  }
  return verified
}

async function verifyOne(
  { ledger, config: { connector } }: KnownAccount,
  name: string,
  destination: Destination,
): Promise<Omit<VerifiedDestination, 'failures'>> {
  const stream: DeliveredStream = destination.streams.includes('code_summaries') ? 'code_summaries' : 'scans'
  const key = { connector, destination: name, stream }
  // A worker may deliver meanwhile: what is behind the watermark before may be there or not, and what lands after
  // the count cannot be.
  const watermarkSeq = (await readDelivery(ledger, key))?.watermarkSeq ?? 0
  const codes = await ledger.selectFrom('qr_codes').select('id').where('connector', '=', connector).execute()
  const ids = codes.map(({ id }) => id)
  const counted = await destination.countScans?.(ids)
  if (counted === undefined) return { destination: name, scans: null, error: null, gaps: [] }
  const lastSeq = lastSeqOf(await readConnector(ledger, connector), stream)
  const isBehind = isSummary(stream) && watermarkSeq < lastSeq
  const landedByCode = await readLandedByCode(
    ledger,
    connector,
    isSummary(stream) ? (isBehind ? 0 : lastSeq) : watermarkSeq,
  )
  const refusedByCode = await readRefusedByCode(ledger, key)
  let scans = 0
  const gaps: DestinationGap[] = []
  for (const id of ids) {
    const { landed = 0, behind = 0 } = landedByCode.get(id) ?? {}
    const there = counted.get(id) ?? 0
    scans += there
    const lack = Math.max(landed - there, 0)
    const refusedOfIt = refusedByCode.get(id) ?? 0
    const missing = Math.max(lack - behind - refusedOfIt, 0)
    const refused = Math.min(refusedOfIt, lack - missing)
    const waiting = lack - missing - refused
    const more = Math.max(there - landed, 0)
    if (lack + more > 0) gaps.push({ id, landed, there, waiting, refused, missing, more })
  }
  return { destination: name, scans, error: null, gaps }
}
