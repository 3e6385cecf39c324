import { readDeliveryFailures, type DeliveryFailure } from '../../ledger/deliveries/delivery-failures.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import { patiently } from './patiently.ts'
import { openDestinations } from '../../worker/open-destinations.ts'
import { compareScans, compareTotals, type Compared, type DestinationGap } from './compare-destination.ts'
import type { KnownAccount } from '../with-account.ts'

/** What a destination has of the landed scans; names as in the JSON of `qrsync verify`. */
export interface VerifiedDestination {
  destination: string
  /** Scans of known codes by its own count; null if it could not be reached, or counts none itself. */
  scans: number | null
  /** Codes with a total that qrsync wrote; null if it could not be reached, or shows none. */
  records: number | null
  error: { code: string; message: string } | null
  /** Codes whose scans in it differ from what has landed. */
  gaps: DestinationGap[]
  /** Streams that it does not accept now. */
  failures: DeliveryFailure[]
}

/** Asks each destination how many scans of each code it has. */
export async function verifyDestinations(account: KnownAccount): Promise<VerifiedDestination[]> {
  const { ledger, config } = account
  const { connector } = config
  const codes = await ledger.selectFrom('qr_codes').select('id').where('connector', '=', connector).execute()
  const codeIds = codes.map(({ id }) => id)
  const verified: VerifiedDestination[] = []
  for (const [name, destination] of await openDestinations(config, ledger)) {
    const failures = await readDeliveryFailures(ledger, { connector, destination: name }, destination.streams)
    try {
      const compared = { ledger, connector, name, destination, codeIds }
      verified.push({ ...(await patiently(() => verifyOne(compared))), failures })
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error
      const { code, message } = error
      verified.push({
        destination: name,
        scans: null,
        records: null,
        error: { code, message },
        gaps: [],
        failures,
      })
    } finally {
      await destination.close()
    }
  }
  return verified
}

async function verifyOne(compared: Compared): Promise<Omit<VerifiedDestination, 'failures'>> {
  const scans = await compareScans(compared)
  const totals = await compareTotals(compared)
  return {
    destination: compared.name,
    scans: scans?.scans ?? null,
    records: totals?.records ?? null,
    error: null,
    gaps: [...(totals?.gaps ?? []), ...(scans?.gaps ?? [])],
  }
}
