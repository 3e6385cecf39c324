import type { Metrics } from './metrics.ts'
import { readVitals, type Vitals, type Watched } from './vitals.ts'

/** Two scrapes within this time, such as those of two Prometheus servers, get the same values. */
const keptMs = 5_000
/** Prometheus abandons a scrape after ten seconds by default. */
const ledgerTimeoutMs = 5_000

/**
 * Sets the gauges to what the ledger contains now. If the ledger does not answer, the only gauge is the one
 * that says so.
 */
export function createGauges(
  metrics: Metrics,
  watched: () => readonly Watched[],
  now: () => number = Date.now,
) {
  let readAtMs = -Infinity
  let reading: Promise<void> | null = null
  const read = async () => {
    try {
      const vitals: Vitals[] = []
      for (const [ledger, ofLedger] of Map.groupBy(watched(), ({ ledger }) => ledger)) {
        vitals.push(await within(ledgerTimeoutMs, readVitals(ledger, ofLedger, now())))
      }
      clear(metrics)
      for (const each of vitals) set(metrics, each, now())
      for (const each of watched()) setStreams(metrics, each, vitals)
      metrics.ledgerUp.set(1)
    } catch {
      clear(metrics)
      metrics.ledgerUp.set(0)
    }
    readAtMs = now()
    reading = null
  }
  return {
    refresh(): Promise<void> {
      if (now() - readAtMs < keptMs) return Promise.resolve()
      return (reading ??= read())
    },
  }
}

/** Rejects after a time; the promise itself continues. */
export async function within<Result>(timeoutMs: number, promise: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${timeoutMs / 1000} s`))
  }, timeoutMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
    promise.catch(() => undefined)
  }
}

function gaugesOf(metrics: Metrics) {
  const { monthLimit, monthSpent, monthOthers, monthLeft, monthPlanned, monthEnd, lastSync, nextSync } =
    metrics
  const { codes, scansWaiting, codesBeyondTarget, rowsBehind, destinationLag, gather, lastDelivery } = metrics
  return [
    monthLimit,
    monthSpent,
    monthOthers,
    monthLeft,
    monthPlanned,
    monthEnd,
    lastSync,
    nextSync,
    codes,
    scansWaiting,
    codesBeyondTarget,
    rowsBehind,
    destinationLag,
    gather,
    lastDelivery,
    metrics.syncFailed,
    metrics.clockSkew,
    metrics.rejectedRows,
    metrics.lastNewReject,
    metrics.failingCodes,
    metrics.sourceOutage,
    metrics.streamFailing,
    metrics.setAsideRows,
    metrics.sourceChanges,
    metrics.configNotUsed,
    metrics.callsPaused,
    metrics.lostScans,
    metrics.destinationChanged,
  ]
}

function clear(metrics: Metrics): void {
  for (const gauge of gaugesOf(metrics)) gauge.reset()
}

function set(
  metrics: Metrics,
  { months, waiting, backlogs, failing, setAside, targetChanges, sourceChanges, configLoads }: Vitals,
  nowMs: number,
): void {
  for (const { connector, callsPerMonth, spent, others, planned, month, ...sync } of months) {
    const of = { connector }
    metrics.monthLimit.set(of, callsPerMonth)
    metrics.monthSpent.set(of, spent)
    metrics.monthOthers.set(of, others)
    metrics.monthLeft.set(of, Math.max(callsPerMonth - spent, 0))
    metrics.monthPlanned.set(of, Math.round(planned))
    metrics.monthEnd.set(of, month.endMs / 1000)
    if (sync.syncedAtMs !== null) metrics.lastSync.set(of, sync.syncedAtMs / 1000)
    metrics.syncFailed.set(of, sync.syncFailure === null ? 0 : 1)
    metrics.callsPaused.set(of, sync.pausedSinceMs === null ? 0 : 1)
    if (sync.clockSkewMs !== null) metrics.clockSkew.set(of, sync.clockSkewMs / 1000)
    if (sync.syncDueMs !== null) metrics.nextSync.set(of, sync.syncDueMs / 1000)
  }
  for (const { connector, problem, restart } of configLoads) {
    metrics.configNotUsed.set({ connector }, problem === null && restart === null ? 0 : 1)
  }
  for (const { connector, codes, outages } of failing) {
    const changes = sourceChanges.filter((change) => change.connector === connector)
    metrics.sourceChanges.set({ connector }, changes.length)
    metrics.failingCodes.set({ connector }, codes)
    metrics.sourceOutage.set({ connector }, outages.length > 0 ? 1 : 0)
  }
  for (const { connector, rows } of setAside) metrics.setAsideRows.set({ connector }, rows)
  for (const { connector, codes, scans, lostScans, codesBeyondTarget } of waiting) {
    metrics.lostScans.set({ connector }, lostScans)
    metrics.codes.set({ connector }, codes)
    metrics.scansWaiting.set({ connector }, scans)
    metrics.codesBeyondTarget.set({ connector }, codesBeyondTarget)
  }
  for (const { connector, destination, rowsBehind, oldestLandedMs, deliveredAtMs, gatherMs } of backlogs) {
    const of = { connector, destination }
    const isChanged = targetChanges.some(
      (change) => change.connector === connector && change.destination === destination,
    )
    metrics.destinationChanged.set(of, isChanged ? 1 : 0)
    metrics.rowsBehind.set(of, rowsBehind)
    metrics.destinationLag.set(of, oldestLandedMs === null ? 0 : Math.max(nowMs - oldestLandedMs, 0) / 1000)
    metrics.gather.set(of, gatherMs / 1000)
    metrics.lastDelivery.set(of, (deliveredAtMs ?? 0) / 1000)
  }
}

/** Sets zero if nothing is refused and no stream fails, because an alert can only see an existing number grow. */
function setStreams(
  { rejectedRows, lastNewReject, streamFailing }: Metrics,
  { connector, destinations }: Watched,
  vitals: Vitals[],
): void {
  const rejects = vitals.flatMap((each) => each.rejects)
  const failures = vitals.flatMap((each) => each.streamFailures)
  for (const [destination, { streams }] of destinations) {
    for (const stream of streams) {
      const count = rejects.find(
        (each) => each.connector === connector && each.destination === destination && each.stream === stream,
      )
      const of = { connector, destination, stream }
      rejectedRows.set(of, count?.rows ?? 0)
      lastNewReject.set(of, (count?.lastNewRejectMs ?? 0) / 1000)
      const isFailing = failures.some(
        (each) => each.connector === connector && each.destination === destination && each.stream === stream,
      )
      streamFailing.set(of, isFailing ? 1 : 0)
    }
  }
}
