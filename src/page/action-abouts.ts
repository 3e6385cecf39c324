import { holdEndsMs, readHold } from '../insight/read-hold.ts'
import { readProgress } from '../insight/read-progress.ts'
import { readSyncStanding } from '../insight/read-standing.ts'
import { gateOf } from '../ledger/calls/gate.ts'
import { countRejects } from '../ledger/deliveries/rejects.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { ConnectorState } from '../ledger/connector/connector-state.ts'
import { count, number, time } from '../report/format.ts'
import type { ActionAbout } from '../report/live/action-main.ts'
import { actionNames, type ActionName } from '../report/live/links.ts'
import { causeOf } from '../report/live/words.ts'
import type { RunsState } from '../report/operations/operations-data.ts'
import { isSummary } from '../streams/streams.ts'
import type { PageConnector } from './page-contract.ts'

/** An action that a reader wants to know about. */
export interface AskedAction {
  connector: PageConnector
  ledger: Ledger
  state: ConnectorState
  runs: RunsState | null
}

/** Parses the action of a request; null if the action or its destination does not exist. */
export function parseAction(
  { destinations }: Pick<PageConnector, 'destinations'>,
  query: Readonly<Record<string, string>>,
): { action: ActionName; destination: string | null } | null {
  const action = actionNames.find((name) => name === query['action'])
  if (action === undefined) return null
  if (action !== 'replay' && action !== 'refill') return { action, destination: null }
  const destination = destinations.find(({ name }) => name === query['destination'])
  return destination === undefined ? null : { action, destination: destination.name }
}

/** Describes what an action does and costs, from the current ledger. */
export async function describeAction(
  asked: AskedAction,
  action: ActionName,
  destination: string | null,
): Promise<ActionAbout> {
  const of = { connector: asked.connector.connector, action, destination }
  switch (action) {
    case 'sync':
      return { ...of, ...(await aboutSync(asked)) }
    case 'pause':
      return { ...of, ...aboutPause(asked) }
    case 'resume':
      return { ...of, ...aboutResume(asked) }
    case 'replay':
      return { ...of, ...(await aboutReplay(asked, destination ?? '')) }
    case 'refill':
      return { ...of, ...(await aboutRefill(asked, destination ?? '')) }
  }
}

type About = Pick<ActionAbout, 'title' | 'does' | 'costs' | 'button'>

async function aboutSync({ ledger, state, connector: { share } }: AskedAction): Promise<About> {
  const nowMs = Date.now()
  const { missingScans, callsLeft } = await readProgress(ledger, state.connector)
  const { callsThisMonth, callsPerMonth } = await readSyncStanding(ledger, state.connector, nowMs)
  const hold = await readHold(ledger, state, share, nowMs)
  const known =
    missingScans === 0
      ? 'At least 1 call: it asks for the list of codes. If there is nothing new, that is all.'
      : `At least ${count(1 + callsLeft, 'call')}: one for the list of codes, and ${number(callsLeft)} for ${count(missingScans, 'scan')} that ${missingScans === 1 ? 'is' : 'are'} known to wait.`
  const costs = [
    known,
    'One more call for each code that has been scanned since; more for a code with over 100 new scans.',
    `${number(Math.max(callsPerMonth - callsThisMonth, 0))} of ${number(callsPerMonth)} calls are left this month.`,
  ]
  if (hold !== null && hold.reason !== 'minute') {
    const effect =
      hold.reason === 'month' || hold.reason === 'share'
        ? 'The sync waits for that time.'
        : 'One call tries whether that is over.'
    costs.push(`${causeOf(hold.reason)} until ${time(holdEndsMs(hold))}. ${effect}`)
  }
  return {
    title: 'Sync now',
    does: 'Fetches everything new, whatever it costs, and delivers it to every destination.',
    costs,
    button: 'Sync now',
  }
}

function aboutPause({ runs }: AskedAction): About {
  const syncing =
    runs?.runs.filter(({ status, title }) => status === 'RUNNING' && !isDelivery(title)).length ?? 0
  return {
    title: 'Pause',
    does: 'Stops planned calls until somebody resumes them. Deliveries continue.',
    costs: [
      'No call.',
      syncing === 0
        ? 'No sync is running.'
        : `${count(syncing, 'running sync')} by plan ${syncing === 1 ? 'ends' : 'end'} between two pages. What has landed stays.`,
      'New scans wait at the API and land later; none is lost.',
    ],
    button: 'Pause',
  }
}

const isDelivery = (title: string) => title.startsWith('Delivery')

function aboutResume({ state }: AskedAction): About {
  const gate = gateOf(state)
  return {
    title: 'Resume',
    does: 'Continues by the schedule.',
    costs: [
      gate === null
        ? 'No call by itself: the planner spends calls as before.'
        : `1 call tries whether the pause of the API is over, which is closed until ${time(gate.untilMs)} otherwise. Then the planner spends calls as before.`,
    ],
    button: 'Resume',
  }
}

async function aboutReplay(
  { ledger, state: { connector } }: AskedAction,
  destination: string,
): Promise<About> {
  const rows = await countRejects(ledger, { connector, destination })
  return {
    title: `Send refused rows to ${destination} again`,
    does: 'Sends each row that the destination has refused once more, as it is now.',
    costs: [
      `${count(rows, 'row')} to ${destination}. No call to the API.`,
      'A row that is refused again stays in the list, with the new reason.',
    ],
    button: `Send ${count(rows, 'row')}`,
  }
}

async function aboutRefill({ ledger, state, connector }: AskedAction, destination: string): Promise<About> {
  const streams = connector.destinations.find(({ name }) => name === destination)?.streams ?? []
  const parts: string[] = []
  let rows = 0
  for (const stream of streams) {
    // A summary has one record per code, or per record that codes name.
    const table = isSummary(stream) ? 'qr_codes' : stream
    const { rows: ofStream } = await ledger
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where('connector', '=', state.connector)
      .executeTakeFirstOrThrow()
    rows += ofStream
    parts.push(`${stream} ${number(ofStream)}`)
  }
  return {
    title: `Fill ${destination} again`,
    does: `Delivers everything that has landed to ${destination}, from the first row. Rows that it has already stay as they are, or are updated; none is doubled.`,
    costs: [
      `About ${count(rows, 'row')} to ${destination}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}. No call to the API.`,
      'New rows wait until it is filled.',
    ],
    button: `Fill ${destination} again`,
  }
}
