import { resetDelivery } from '../../ledger/deliveries/reset-delivery.ts'
import { replayKeptRows } from '../../worker/replay-kept-rows.ts'
import { createConsole } from '../views/console.ts'
import { followDelivery } from '../views/follow-delivery.ts'
import { whoRunsThis } from '../who.ts'
import type { KnownAccount } from '../with-account.ts'
import { verifyDestinations } from './verify-destinations.ts'
import { areLinksWell, verifyLinks } from './verify-links.ts'

/** What `verify --fix` has done, in the form that `--json` prints. */
export interface Fixed {
  /** Rows that were set aside and have landed because this version can read them. */
  set_aside_landed: number
  /** Destinations that were filled again from the ledger, because they lack confirmed rows. */
  resent: { destination: string; delivered: number; undelivered: string[] }[]
}

/**
 * Does what `verify` advises without a call: fills destinations again that lack confirmed rows, and lands rows
 * that are readable now. Extra rows of a destination stay, because qrsync deletes nothing.
 */
export async function fixWhatIsAdvised(account: KnownAccount): Promise<Fixed> {
  const { config, ledger } = account
  const { connector } = config
  const actor = whoRunsThis()
  const landed = await replayKeptRows(config, ledger, {}, actor)
  const lacking = new Set<string>()
  for (const { destination, gaps } of await verifyDestinations(account)) {
    if (gaps.some(({ missing }) => missing > 0)) lacking.add(destination)
  }
  for (const links of await verifyLinks(account)) {
    if (!areLinksWell(links)) lacking.add(links.destination)
  }
  const fixed: Fixed = { set_aside_landed: landed, resent: [] }
  for (const destination of lacking) {
    const screen = await createConsole()
    await resetDelivery(ledger, { connector, destination, resend: true, why: 'verify --fix' }, actor)
    const { delivered, failed } = await followDelivery({ config, ledger, destination, screen }).finally(
      screen.stop,
    )
    fixed.resent.push({ destination, delivered, undelivered: failed.map(({ stream }) => stream) })
  }
  return fixed
}

/** Returns one line for each thing that was done. */
export function describeFixed({ set_aside_landed: landed, resent }: Fixed): string[] {
  const lines = resent.map(({ destination, delivered, undelivered }) => {
    const rest = undelivered.length === 0 ? '' : `; not delivered yet: ${undelivered.join(', ')}`
    return `${destination} was filled again from the ledger: ${delivered} rows delivered${rest}.`
  })
  if (landed > 0) lines.push(`${landed} rows that were set aside can be read now, and are landed.`)
  return lines.length === 0 ? ['Nothing to fix that makes no call to the API.'] : lines
}
