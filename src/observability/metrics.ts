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
 * Creates our own metrics. Counters and the histogram count what this process has done, and are summed over
 * workers. Gauges show what the ledger contains: every worker that serves a connector reports the same.
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
    calls: counter('qrsync_calls_total', 'Calls to the API, counted when they end.', [
      'connector',
      'endpoint',
      'purpose',
      'outcome',
    ]),
    callsRefused: counter(
      'qrsync_calls_refused_total',
      'Calls that the API refused with 429, by rate-limit window.',
      ['connector', 'window'],
    ),
    rowsLanded: counter('qrsync_rows_landed_total', 'New or changed rows in the ledger.', [
      'connector',
      'stream',
    ]),
    scanLag: new Histogram({
      name: 'qrsync_scan_lag_seconds',
      help: 'Time from scan to landed, for scans since the connector was set up.',
      labelNames: ['connector'],
      buckets: lagBuckets,
      registers,
    }),
    rowsDelivered: counter('qrsync_rows_delivered_total', 'Rows that a destination confirmed.', [
      'connector',
      'destination',
      'stream',
    ]),
    rowsRejected: counter('qrsync_rows_rejected_total', 'Rows that a destination refused.', [
      'connector',
      'destination',
      'stream',
    ]),
    failures: counter('qrsync_failures_total', 'Failed attempts, by error code.', [
      'connector',
      'destination',
      'code',
    ]),
    webhookFailures: counter(
      'qrsync_webhook_failures_total',
      'Failed attempts to send a message to a channel of alerts.',
      [],
    ),
    ledgerUp: gauge(
      'qrsync_ledger_up',
      '1 if the ledger answers. If it does not, the other gauges are missing.',
      [],
    ),
    monthLimit: ofConnector('qrsync_month_calls_limit', "The account's monthly call limit."),
    monthSpent: ofConnector('qrsync_month_calls_spent', 'Calls spent this month, by qrsync and by others.'),
    monthOthers: ofConnector('qrsync_month_calls_of_others', 'Calls spent this month by others.'),
    monthLeft: ofConnector('qrsync_month_calls_left', 'Calls left this month.'),
    monthPlanned: ofConnector(
      'qrsync_month_calls_planned',
      "Calls that would be spent by now at the plan's pace.",
    ),
    monthEnd: ofConnector(
      'qrsync_month_end_timestamp_seconds',
      'When the month ends and the call limit resets.',
    ),
    lastSync: ofConnector(
      'qrsync_last_sync_timestamp_seconds',
      'When a sync last made progress without a failure.',
    ),
    nextSync: ofConnector(
      'qrsync_next_sync_timestamp_seconds',
      'The latest time at which the next sync is due.',
    ),
    syncFailed: ofConnector('qrsync_sync_failed', '1 if the last sync failed and needs manual action.'),
    failingCodes: ofConnector('qrsync_source_failing_codes', 'Codes whose calls to the API fail.'),
    sourceOutage: ofConnector(
      'qrsync_source_outage',
      '1 while the whole API, or one of its endpoints, fails.',
    ),
    setAsideRows: ofConnector(
      'qrsync_set_aside_rows',
      'Malformed rows of the API that qrsync keeps until it can read them.',
    ),
    sourceChanges: ofConnector(
      'qrsync_source_changes',
      "Fields of the API's answers that are missing, or that were new or of a new type in the last hour.",
    ),
    configNotUsed: ofConnector(
      'qrsync_config_not_used',
      '1 while the config file was changed and is not used as a whole: it is not valid, or a setting needs a restart.',
    ),
    callsPaused: ofConnector(
      'qrsync_calls_paused',
      '1 while calls are paused because the API requested it, for example when the month is spent.',
    ),
    lostScans: ofConnector('qrsync_lost_scans', 'Scans that the API counts but that a search did not find.'),
    clockSkew: ofConnector('qrsync_clock_skew_seconds', "How far the worker's clock is ahead of the API's."),
    codes: ofConnector('qrsync_codes', 'Codes, without deleted ones.'),
    scansWaiting: ofConnector(
      'qrsync_scans_waiting',
      'Scans that the API has reported and that have not landed.',
    ),
    codesBeyondTarget: ofConnector(
      'qrsync_codes_beyond_target',
      'Codes that miss their freshness target now, or missed it in the last hour.',
    ),
    rowsBehind: ofDestination(
      'qrsync_destination_rows_behind',
      "Landed rows that the destination does not have yet; for HubSpot's records, the codes that changed since the last pass over all of them.",
    ),
    destinationLag: ofDestination(
      'qrsync_destination_lag_seconds',
      'How long the oldest of these rows has been in the ledger.',
    ),
    gather: ofDestination(
      'qrsync_destination_gather_seconds',
      'How long the destination collects rows before it loads them.',
    ),
    lastDelivery: ofDestination(
      'qrsync_destination_last_delivery_timestamp_seconds',
      'When the destination last accepted a batch; 0 before the first.',
    ),
    destinationChanged: ofDestination(
      'qrsync_destination_changed',
      '1 for an hour after the destination changed to another account, dataset or file; qrsync fills it again.',
    ),
    rejectedRows: gauge('qrsync_rejected_rows', 'Rows that the destination refused and does not have yet.', [
      'connector',
      'destination',
      'stream',
    ]),
    lastNewReject: gauge(
      'qrsync_last_new_reject_timestamp_seconds',
      'When the destination last refused a row that it had not refused before.',
      ['connector', 'destination', 'stream'],
    ),
    streamFailing: gauge(
      'qrsync_stream_failing',
      '1 if the destination does not accept this stream at present; its other streams continue.',
      ['connector', 'destination', 'stream'],
    ),
  }
}
