import { pause, resume, syncNow } from '../actions/control-syncs.ts'
import type { Actor } from '../ledger/connector/audit-tables.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { requestReplay } from '../ledger/deliveries/rejects.ts'
import { resetDelivery } from '../ledger/deliveries/reset-delivery.ts'
import { count } from '../report/format.ts'
import type { ActionName } from '../report/live/links.ts'
import type { Place } from '../temporal/place.ts'
import { signalDelivery } from '../temporal/signal-delivery.ts'

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

/** Readers of the page have no names: who may open it, may act. */
const reader: Actor = { via: 'page', user: null }

const done = (text: string): Performed => ({ isBad: false, text })

/** Does what the command with the same name does, without waiting for the end: the page shows the progress. */
export async function performAction(
  operated: Operated,
  action: ActionName,
  destination: string,
): Promise<Performed> {
  const { connector, ledger, place } = operated
  const controlled = { client: place.client, connector, ledger }
  switch (action) {
    case 'sync':
      await syncNow(operated, reader)
      return done('The sync has started.')
    case 'pause':
      return (await pause(controlled, 'paused on the page', reader))
        ? done('Paused: no planned call is made until you resume.')
        : neverStarted
    case 'resume':
      return (await resume(controlled, 'resumed on the page', reader))
        ? done('Resumed: qrsync continues by the schedule.')
        : neverStarted
    case 'replay': {
      const asked = await requestReplay(ledger, { connector, destination }, reader)
      await signalDelivery(place, connector, destination, true)
      return done(`${count(asked.get(destination) ?? 0, 'row')} on the way to ${destination} again.`)
    }
    case 'refill':
      await resetDelivery(ledger, { connector, destination, resend: false }, reader)
      await signalDelivery(place, connector, destination, true)
      return done(`${destination} is being filled again from the first row.`)
  }
}

const neverStarted: Performed = {
  isBad: true,
  text: 'The connector has no Schedule on this Temporal server yet: run "qrsync apply" first.',
}
