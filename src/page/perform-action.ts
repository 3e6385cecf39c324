import { letOneThrough } from '../ledger/calls/gate.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { requestReplay } from '../ledger/deliveries/rejects.ts'
import { resetDelivery } from '../ledger/deliveries/reset-delivery.ts'
import { probeSoon } from '../ledger/failures/outages.ts'
import { count } from '../report/format.ts'
import type { ActionName } from '../report/live/links.ts'
import { pauseSyncs, resumeSyncs } from '../temporal/pause-syncs.ts'
import type { Place } from '../temporal/place.ts'
import { signalDelivery } from '../temporal/signal-delivery.ts'
import { startSync } from '../temporal/start-sync.ts'

/** The connector to act on. */
export interface Operated {
  connector: string
  ledger: Ledger
  place: Place
}

/** The result for the page. */
export interface Performed {
  isBad: boolean
  text: string
}

const done = (text: string): Performed => ({ isBad: false, text })

/** Does what the command with the same name does, without waiting for the end: the page shows the progress. */
export async function performAction(
  { connector, ledger, place }: Operated,
  action: ActionName,
  destination: string,
): Promise<Performed> {
  switch (action) {
    case 'sync':
      // A reader who wants calls now may try one, however long the API asked to wait.
      await letOneThrough(ledger, connector)
      await startSync(place, connector)
      return done('The sync has started.')
    case 'pause':
      return (await pauseSyncs(place.client, connector, 'paused on the page'))
        ? done('Paused: no planned call is made until you resume.')
        : neverStarted
    case 'resume':
      if (!(await resumeSyncs(place.client, connector, 'resumed on the page'))) return neverStarted
      await letOneThrough(ledger, connector)
      await probeSoon(ledger, connector, Date.now())
      return done('Resumed: qrsync continues by the schedule.')
    case 'replay': {
      const asked = await requestReplay(ledger, { connector, destination })
      await signalDelivery(place, connector, destination, true)
      return done(`${count(asked.get(destination) ?? 0, 'row')} on the way to ${destination} again.`)
    }
    case 'refill':
      await resetDelivery(ledger, { connector, destination, resend: false })
      await signalDelivery(place, connector, destination, true)
      return done(`${destination} is being filled again from the first row.`)
  }
}

const neverStarted: Performed = {
  isBad: true,
  text: 'The connector has no Schedule on this Temporal server yet: run "qrsync apply" first.',
}
