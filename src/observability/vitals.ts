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

/** The numbers that show whether connectors work. */
export interface Vitals {
  months: MonthStanding[]
  waiting: Waiting[]
  backlogs: (Backlog & { gatherMs: number })[]
  rejects: RejectCount[]
  /** Streams that destinations do not accept now. */
  streamFailures: DeliveryFailure[]
  failing: FailingSource[]
  /** Malformed rows of the API, by connector. */
  setAside: SetAsideCount[]
  /** Destinations that have recently changed what they write to. */
  targetChanges: TargetChange[]
  /** Fields of the API's responses that have recently appeared or changed their type, or that are missing. */
  sourceChanges: SourceChange[]
  /** Whether the running config is the one in the file. */
  configLoads: ConfigLoad[]
}

/** A missed freshness target, or a refused row, is reported for this long. */
export const rememberedMs = 3_600_000

/** Reads all connectors of one ledger at once, with few queries. */
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
