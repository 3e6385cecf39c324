import { countRejectsByStream, type RejectCount } from '../insight/count-rejects-by-stream.ts'
import { readAllDeliveryFailures, type DeliveryFailure } from '../ledger/deliveries/delivery-failures.ts'
import { readBacklogs, type Backlog } from '../insight/read-backlogs.ts'
import { readFailingSources, type FailingSource } from '../insight/read-failing-sources.ts'
import { readMonthStandings, type MonthStanding } from '../insight/read-month-standings.ts'
import type { CodeSettings } from '../ledger/codes/read-plan-input.ts'
import { readWaiting, type Waiting } from '../insight/read-waiting.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { readConfigLoads, type ConfigLoad } from '../ledger/connector/config-load.ts'
import { readSourceChanges, type SourceChange } from '../ledger/shapes/note-shapes.ts'
import { countSetAsideByConnector, type SetAsideCount } from '../ledger/scans/set-aside.ts'
import { readTargetChanges, type TargetChange } from '../ledger/deliveries/targets.ts'
import type { DeliveredStream } from '../streams/streams.ts'

/** A connector whose vitals are read. */
export interface Watched {
  connector: string
  ledger: Ledger
  destinations: ReadonlyMap<string, { streams: readonly DeliveredStream[]; gatherMs: number }>
  settingsOf: CodeSettings | null
}

/** What is to be known of connectors to tell whether they are well. */
export interface Vitals {
  months: MonthStanding[]
  waiting: Waiting[]
  backlogs: (Backlog & { gatherMs: number })[]
  rejects: RejectCount[]
  /** Streams that destinations do not take at present. */
  streamFailures: DeliveryFailure[]
  failing: FailingSource[]
  /** Rows of the API that do not fit, by connector. */
  setAside: SetAsideCount[]
  /** Destinations that write to something else since a short while ago. */
  targetChanges: TargetChange[]
  /** Fields of the API's answers that are new or of a new type since a short while ago, or missing. */
  sourceChanges: SourceChange[]
  /** How the config that runs stands to the one in the file. */
  configLoads: ConfigLoad[]
}

/** A missed freshness target, or a refused row, is told for this long. */
export const rememberedMs = 3_600_000

/** All of one ledger's connectors at once, in few queries. */
export async function readVitals(
  ledger: Ledger,
  watched: readonly Watched[],
  nowMs: number,
): Promise<Vitals> {
  const connectors = watched.map(({ connector }) => connector)
  const destinations = watched.flatMap(({ connector, destinations }) =>
    [...destinations].map(([destination, { streams, gatherMs }]) => ({
      connector,
      destination,
      streams,
      gatherMs,
    })),
  )
  const backlogs = await readBacklogs(ledger, destinations)
  const gatherMsOf = (of: Backlog) =>
    destinations.find((each) => each.connector === of.connector && each.destination === of.destination)
      ?.gatherMs ?? 0
  return {
    months: await readMonthStandings(ledger, connectors, nowMs),
    waiting: await readWaiting(ledger, watched, { nowMs, missedSinceMs: nowMs - rememberedMs }),
    backlogs: backlogs.map((backlog) => ({ ...backlog, gatherMs: gatherMsOf(backlog) })),
    rejects: await countRejectsByStream(ledger, connectors),
    streamFailures: (await readAllDeliveryFailures(ledger, connectors)).filter((failure) =>
      destinations.some(
        (each) =>
          each.connector === failure.connector &&
          each.destination === failure.destination &&
          each.streams.includes(failure.stream),
      ),
    ),
    failing: await readFailingSources(ledger, connectors),
    setAside: await countSetAsideByConnector(ledger, connectors),
    targetChanges: await readTargetChanges(ledger, connectors, nowMs - rememberedMs),
    configLoads: await readConfigLoads(ledger, connectors),
    sourceChanges: await readSourceChanges(ledger, connectors, nowMs - rememberedMs),
  }
}
