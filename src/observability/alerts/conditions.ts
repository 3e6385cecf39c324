import ms from 'ms'
import type { Severity } from '../../config/settings/alert-settings.ts'
import { time } from './channel.ts'
import { describeSourceChange, fieldOfChange } from '../../insight/source/describe-source-change.ts'
import { describeClockSkew } from '../../model/clock-skew.ts'
import type { Alert, AlertKey } from '../../ledger/connector/alerts.ts'
import { rememberedMs, type Vitals } from '../vitals.ts'

/** A condition that needs an operator. */
export interface Condition extends AlertKey {
  /** What is wrong and what to do, in one or two sentences. */
  text: string
}

/** deploy/prometheus/alerts.yml contains the same thresholds; a test compares the two. */
export const thresholds = {
  /** Spent beyond the plan's pace, as a share of the month; the plan of a new account was up to 0.06 ahead. */
  budgetAheadShare: 0.1,
  /** The condition ends only below this share, so that it does not flap. */
  budgetAheadEndShare: 0.05,
  /**
   * A destination is stuck when its oldest row has waited, and it has confirmed none, for this long (without
   * gathering).
   */
  destinationStuckMs: 15 * 60_000,
  /** A sync is overdue this long after the time that the last one named. */
  syncOverdueMs: 3_600_000,
  /** A short failure passes: it is reported when it has lasted this long. */
  sourceFailingMs: 10 * 60_000,
}

/** Returns the conditions; `on` are the current alerts, so that a value near its threshold does not flap. */
export function conditionsOf(vitals: Vitals, on: readonly Alert[], nowMs: number): Condition[] {
  return [
    ...budgetsAhead(vitals, on, nowMs),
    ...syncsFailed(vitals),
    ...syncsOverdue(vitals, nowMs),
    ...sourcesOut(vitals, nowMs),
    ...codesFailing(vitals, nowMs),
    ...callsPaused(vitals, nowMs),
    ...rowsSetAside(vitals),
    ...scansLost(vitals),
    ...clocksWrong(vitals),
    ...targetsMissed(vitals),
    ...destinationsStuck(vitals, nowMs),
    ...streamsFailing(vitals, nowMs),
    ...rowsRejected(vitals, nowMs),
    ...targetsChanged(vitals),
    ...sourcesChanged(vitals),
    ...configsWrong(vitals),
  ]
}

function budgetsAhead({ months }: Vitals, on: readonly Alert[], nowMs: number): Condition[] {
  return months.flatMap(({ connector, spent, planned, others, callsPerMonth, month }) => {
    const condition = 'budget ahead of pace'
    const isOn = on.some((alert) => alert.connector === connector && alert.condition === condition)
    const share = isOn ? thresholds.budgetAheadEndShare : thresholds.budgetAheadShare
    if (spent - planned <= share * callsPerMonth) return []
    const elapsed = (nowMs - month.startMs) / (month.endMs - month.startMs)
    const text =
      `${percent(spent / callsPerMonth)} of the month's ${callsPerMonth} calls are spent ` +
      `(${others} by others), ${percent(elapsed)} of the month is over. qrsync slows down automatically: scans arrive later. ` +
      '"qrsync usage" shows where the calls went.'
    return [{ connector, condition, destination: '', text }]
  })
}

function syncsFailed({ months }: Vitals): Condition[] {
  return months.flatMap(({ connector, syncFailure }) => {
    if (syncFailure === null) return []
    const text =
      `No sync can continue: ${syncFailure}. "qrsync status" shows what to fix. Until then qrsync fetches nothing, ` +
      'but still delivers what has landed.'
    return [{ connector, condition: 'sync failed', destination: '', text }]
  })
}

function clocksWrong({ months }: Vitals): Condition[] {
  return months.flatMap(({ connector, clockSkewMs }) => {
    const text = describeClockSkew(clockSkewMs)
    return text === null
      ? []
      : [{ connector, condition: 'clock wrong', destination: '', text: sentence(text) }]
  })
}

function syncsOverdue({ months }: Vitals, nowMs: number): Condition[] {
  return months.flatMap(({ connector, syncedAtMs, syncDueMs, syncFailure }) => {
    if (syncDueMs === null || syncFailure !== null) return []
    const dueMs = Math.max(syncDueMs, syncedAtMs ?? 0)
    if (nowMs - dueMs <= thresholds.syncOverdueMs) return []
    const text =
      `No sync has made progress since ${time(syncedAtMs ?? 0)}; the next was due at ${time(dueMs)}. ` +
      'The Temporal UI shows why it fails, or whether its Schedule is paused.'
    return [{ connector, condition: 'sync overdue', destination: '', text }]
  })
}

function sourcesOut({ failing }: Vitals, nowMs: number): Condition[] {
  return failing.flatMap(({ connector, outages, outageSinceMs }) => {
    if (outageSinceMs === null || nowMs - outageSinceMs < thresholds.sourceFailingMs) return []
    const what = outages.map((outage) => `${outage.what} (${outage.code})`).join(', ')
    const text =
      `Every call fails since ${time(outageSinceMs)}: ${what}. qrsync probes it at little cost, and continues automatically. ` +
      '"qrsync status" shows the response and the next probe.'
    return [{ connector, condition: 'API failing', destination: '', text }]
  })
}

function codesFailing({ failing }: Vitals, nowMs: number): Condition[] {
  return failing.flatMap(({ connector, codes, codesSinceMs }) => {
    if (codesSinceMs === null || nowMs - codesSinceMs < thresholds.sourceFailingMs) return []
    const text =
      `Calls of ${codes} ${codes === 1 ? 'code' : 'codes'} fail, the first since ${time(codesSinceMs)}. All other codes continue. ` +
      'qrsync retries each automatically, at least once a day; "qrsync status" shows why they fail.'
    return [{ connector, condition: 'codes failing', destination: '', text }]
  })
}

function rowsSetAside({ setAside }: Vitals): Condition[] {
  return setAside.flatMap(({ connector, rows }) => {
    if (rows === 0) return []
    const text =
      `${rows} ${rows === 1 ? 'row' : 'rows'} of the API cannot be read and are set aside: all other rows continue. ` +
      '"qrsync rejects list" shows why. They land when the API sends them correctly, or after an update of qrsync.'
    return [{ connector, condition: 'rows set aside', destination: '', text }]
  })
}

function callsPaused({ months }: Vitals, nowMs: number): Condition[] {
  return months.flatMap(({ connector, pausedSinceMs, pauseText }) => {
    if (pausedSinceMs === null || nowMs - pausedSinceMs < thresholds.sourceFailingMs) return []
    const text = `qrsync has made no call since ${time(pausedSinceMs)}, because the API asked for a pause: ${pauseText ?? 'Retry-After'} No row is lost.`
    return [{ connector, condition: 'calls paused', destination: '', text }]
  })
}

function scansLost({ waiting }: Vitals): Condition[] {
  return waiting.flatMap(({ connector, lostScans }) => {
    if (lostScans === 0) return []
    const text =
      `The API counts ${lostScans} ${lostScans === 1 ? 'scan' : 'scans'} that it did not return in a search. ` +
      '"qrsync verify" shows which codes.'
    return [{ connector, condition: 'scans missing', destination: '', text }]
  })
}

function targetsMissed({ waiting }: Vitals): Condition[] {
  return waiting.flatMap(({ connector, codesBeyondTarget: codes }) => {
    if (codes === 0) return []
    const text =
      `Scans of ${codes} ${codes === 1 ? 'code' : 'codes'} landed later than the freshness in the config file. ` +
      '"qrsync plan" shows which targets the calls allow.'
    return [{ connector, condition: 'freshness target missed', destination: '', text }]
  })
}

function destinationsStuck({ backlogs }: Vitals, nowMs: number): Condition[] {
  return backlogs.flatMap(
    ({ connector, destination, rowsBehind, oldestLandedMs, deliveredAtMs, gatherMs }) => {
      if (oldestLandedMs === null) return []
      const sinceMs = Math.max(oldestLandedMs, deliveredAtMs ?? 0)
      if (nowMs - sinceMs <= thresholds.destinationStuckMs + gatherMs) return []
      const text =
        `${destination} has accepted nothing for ${ms(nowMs - sinceMs, { long: true })}; ${rowsBehind} rows wait. ` +
        'qrsync retries automatically, and no row is lost; the Temporal UI and "qrsync check" show why it fails.'
      return [{ connector, condition: 'destination stuck', destination, text }]
    },
  )
}

function targetsChanged({ targetChanges }: Vitals): Condition[] {
  return targetChanges.map(({ connector, destination, before, now }) => ({
    connector,
    condition: 'destination changed',
    destination,
    text:
      `${destination} now writes to ${now}, and wrote to ${before} before. qrsync fills it again from the first row, which makes ` +
      'no call to the API. If that was not intended, change the config file back.',
  }))
}

/** The API's word for a field that has changed. */
const conditionOfChange = { new: 'new field', missing: 'missing field', type: 'new type of a field' } as const

/** Conditions that are events: they do not end, so no end is reported. */
export const events: readonly string[] = [conditionOfChange.new, conditionOfChange.type]

/**
 * Conditions that need attention at once: nothing is fetched, or a destination receives nothing. The Prometheus
 * rules are the same.
 */
const critical: readonly string[] = [
  'sync failed',
  'sync overdue',
  'API failing',
  'destination stuck',
  'stream failing',
]

export function severityOf(condition: string): Severity {
  if (critical.includes(condition)) return 'critical'
  return condition === conditionOfChange.new ? 'info' : 'warning'
}

function sourcesChanged({ sourceChanges }: Vitals): Condition[] {
  return sourceChanges.map((change) => ({
    connector: change.connector,
    condition: conditionOfChange[change.kind],
    destination: fieldOfChange(change),
    text: describeSourceChange(change),
  }))
}

function configsWrong({ configLoads }: Vitals): Condition[] {
  return configLoads.flatMap(({ connector, problem, restart, loadedAtMs }) => {
    const conditions: Condition[] = []
    if (problem !== null) {
      const text = `The changed config is not used; qrsync keeps running with the one of ${time(loadedAtMs)}. ${problem}`
      conditions.push({ connector, condition: 'config not valid', destination: '', text })
    }
    if (restart !== null) {
      conditions.push({ connector, condition: 'restart needed', destination: '', text: restart })
    }
    return conditions
  })
}

/** A destination with other working streams does not look stuck. */
function streamsFailing({ streamFailures }: Vitals, nowMs: number): Condition[] {
  const long = streamFailures.filter(({ sinceMs }) => nowMs - sinceMs > thresholds.destinationStuckMs)
  return [
    ...Map.groupBy(long, ({ connector, destination }) => JSON.stringify([connector, destination])).values(),
  ].flatMap((failures) => {
    const [first] = failures
    if (first === undefined) return []
    const { connector, destination } = first
    const which = failures.map(({ stream, code }) => `${stream} (${code})`).join(', ')
    const text =
      `${destination} does not accept ${which}; its other streams continue. qrsync retries automatically, and no row is lost: ` +
      '"qrsync status" shows why.'
    return [{ connector, condition: 'stream failing', destination, text }]
  })
}

function rowsRejected({ rejects }: Vitals, nowMs: number): Condition[] {
  const recent = rejects.filter(({ lastNewRejectMs }) => (lastNewRejectMs ?? 0) >= nowMs - rememberedMs)
  return [
    ...Map.groupBy(recent, ({ connector, destination }) => JSON.stringify([connector, destination])).values(),
  ].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const { connector, destination } = first
    const rows = more.reduce((sum, each) => sum + each.rows, first.rows)
    const text = `${destination} has refused ${rows} ${rows === 1 ? 'row' : 'rows'}: see "qrsync rejects list".`
    return [{ connector, condition: 'rows rejected', destination, text }]
  })
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const percent = (share: number) => `${Math.round(share * 100)} %`
