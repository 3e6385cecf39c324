import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const lagBuckets = [
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
]

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Metrics of our own. Counters and the histogram count what this process has done: they are summed over workers. Gauges say
 * what the ledger holds: each worker that serves a connector tells the same.
 */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers })
  const ofConnector = (name: string, help: string) => gauge(name, help, ['connector'])
  const ofDestination = (name: string, help: string) => gauge(name, help, ['connector', 'destination'])
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    calls: counter('qrsync_calls_total', 'Calls to the API, each once it has ended.', [
      'connector',
      'endpoint',
      'purpose',
      'outcome',
    ]),
    callsRefused: counter('qrsync_calls_refused_total', 'Calls answered 429, by the window they speak of.', [
      'connector',
      'window',
    ]),
    rowsLanded: counter('qrsync_rows_landed_total', 'Rows that are new in the ledger, or changed.', [
      'connector',
      'stream',
    ]),
    scanLag: new Histogram({
      name: 'qrsync_scan_lag_seconds',
      help: 'From scan to landed, of scans since the connector was set up.',
      labelNames: ['connector'],
      buckets: lagBuckets,
      registers,
    }),
    rowsDelivered: counter('qrsync_rows_delivered_total', 'Rows that a destination has confirmed.', [
      'connector',
      'destination',
      'stream',
    ]),
    rowsRejected: counter('qrsync_rows_rejected_total', 'Rows that a destination has refused.', [
      'connector',
      'destination',
      'stream',
    ]),
    failures: counter('qrsync_failures_total', "Attempts that failed, by the error's code.", [
      'connector',
      'destination',
      'code',
    ]),
    webhookFailures: counter(
      'qrsync_webhook_failures_total',
      'Messages that the webhook did not take, each attempt.',
      [],
    ),
    ledgerUp: gauge(
      'qrsync_ledger_up',
      '1 where the ledger answers: without it there are no other gauges.',
      [],
    ),
    monthLimit: ofConnector('qrsync_month_calls_limit', "Calls of the account's month."),
    monthSpent: ofConnector('qrsync_month_calls_spent', "Of these, spent: ours and others'."),
    monthOthers: ofConnector('qrsync_month_calls_of_others', "Of the spent, others'."),
    monthLeft: ofConnector('qrsync_month_calls_left', 'Calls that are left of the month.'),
    monthPlanned: ofConnector(
      'qrsync_month_calls_planned',
      "Calls that are spent by now at the plan's pace.",
    ),
    monthEnd: ofConnector(
      'qrsync_month_end_timestamp_seconds',
      'When the month ends and the calls come back.',
    ),
    lastSync: ofConnector(
      'qrsync_last_sync_timestamp_seconds',
      'When a sync last went on without a failure.',
    ),
    nextSync: ofConnector('qrsync_next_sync_timestamp_seconds', 'When the next is due at the latest.'),
    syncFailed: ofConnector(
      'qrsync_sync_failed',
      '1 where the last sync has failed of what somebody has to mend.',
    ),
    failingCodes: ofConnector('qrsync_source_failing_codes', 'Codes of which calls to the API fail.'),
    sourceOutage: ofConnector(
      'qrsync_source_outage',
      '1 while the API, or one of its endpoints, fails as a whole.',
    ),
    setAsideRows: ofConnector(
      'qrsync_set_aside_rows',
      'Rows of the API that do not fit and are kept until they do.',
    ),
    callsPaused: ofConnector(
      'qrsync_calls_paused',
      '1 while the API has asked for a pause, as when the month is spent.',
    ),
    lostScans: ofConnector(
      'qrsync_lost_scans',
      'Scans that the API counts, and that a search for them did not find.',
    ),
    clockSkew: ofConnector('qrsync_clock_skew_seconds', "How far the worker's clock is ahead of the API's."),
    codes: ofConnector('qrsync_codes', 'Codes that are not deleted.'),
    scansWaiting: ofConnector(
      'qrsync_scans_waiting',
      'Scans that the API has told of and that are not landed.',
    ),
    codesBeyondTarget: ofConnector(
      'qrsync_codes_beyond_target',
      'Codes whose freshness target is missed now or was in the last hour.',
    ),
    rowsBehind: ofDestination(
      'qrsync_destination_rows_behind',
      "Landed rows that the destination has still to take; of HubSpot's records, the codes that have changed since the last pass over them.",
    ),
    destinationLag: ofDestination(
      'qrsync_destination_lag_seconds',
      'Age in the ledger of the oldest of them.',
    ),
    gather: ofDestination(
      'qrsync_destination_gather_seconds',
      'For how long its rows are gathered, to go together.',
    ),
    lastDelivery: ofDestination(
      'qrsync_destination_last_delivery_timestamp_seconds',
      'When it last took a batch; 0 before the first.',
    ),
    destinationChanged: ofDestination(
      'qrsync_destination_changed',
      '1 in the hour after it became another account, dataset or file: it is filled again.',
    ),
    rejectedRows: gauge('qrsync_rejected_rows', 'Rows that it has refused and that are not there yet.', [
      'connector',
      'destination',
      'stream',
    ]),
    streamFailing: gauge(
      'qrsync_stream_failing',
      '1 if the destination does not take this stream at present; its other streams go on.',
      ['connector', 'destination', 'stream'],
    ),
  }
}
