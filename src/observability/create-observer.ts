import type { Logger } from 'pino'
import type { CallEnd, ObservedBatch, ObservedCall, Observer } from '../../activities/observer.ts'
import { describeSourceChange, fieldOfChange } from '../insight/source/describe-source-change.ts'
import { describeClockSkew } from '../model/clock-skew.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './no-tracing.ts'

/** Reports what activities do to the log, the metrics and the traces. */
export function createObserver(logger: Logger, metrics: Metrics, tracing: Tracing): Observer {
  const wrongClocks = new Set<string>()
  return {
    async call(call, send, endOf) {
      const startedMs = performance.now()
      const ended = (end: CallEnd) => {
        countCall(metrics, call, end)
        const durationMs = Math.round(performance.now() - startedMs)
        const { outcome, httpStatus } = end
        const { callId, endpoint, purpose, qrCodeId } = call
        logger[outcome === 'refused' ? 'warn' : 'debug'](
          { callId, endpoint, purpose, qrCodeId, outcome, httpStatus, durationMs },
          'call',
        )
      }
      return tracing.span(call.endpoint, spanOfCall(call), async (tell) => {
        const told = (end: CallEnd) => {
          ended(end)
          tell({
            'qrsync.outcome': end.outcome,
            ...(end.httpStatus !== null && { 'http.response.status_code': end.httpStatus }),
          })
        }
        try {
          const answer = await send()
          told({ outcome: 'ok', httpStatus: 200, window: null })
          return answer
        } catch (error) {
          told(endOf(error))
          throw error
        }
      })
    },

    landed({ connector, stream, rows, lagsMs = [] }) {
      if (rows > 0) metrics.rowsLanded.inc({ connector, stream }, rows)
      for (const lagMs of lagsMs) metrics.scanLag.observe({ connector }, lagMs / 1000)
    },

    clock({ connector, skewMs }) {
      const text = describeClockSkew(skewMs)
      // Reports once when it is wrong, and once when it is right again.
      if (wrongClocks.has(connector) === (text !== null)) return
      if (text === null) {
        wrongClocks.delete(connector)
        logger.info({ connector }, "the worker's clock is correct again")
      } else {
        wrongClocks.add(connector)
        logger.warn({ connector, skewSeconds: Math.round((skewMs ?? 0) / 1000) }, text)
      }
    },

    targetChanged({ connector, destination, before, now }) {
      logger.warn(
        { connector, destination, before, now },
        'the destination has changed: qrsync fills it again from the first row',
      )
    },

    sourceChanged(change) {
      const { connector } = change
      logger.warn({ connector, field: fieldOfChange(change) }, describeSourceChange(change))
    },

    streamFailed({ connector, destination, stream, code, message }) {
      metrics.failures.inc({ connector, destination, code })
      logger.warn({ destination, stream, code }, `${stream} failed, other streams continue: ${message}`)
    },

    upsert: (batch, write) =>
      tracing.span(`upsert ${batch.stream}`, spanOfBatch(batch), async (tell) => {
        const startedMs = performance.now()
        const { connector, destination, stream, rows } = batch
        const sum = { confirmed: 0, rejected: 0 }
        await write((confirmed, rejected) => {
          sum.confirmed += confirmed
          sum.rejected += rejected
          metrics.rowsDelivered.inc({ connector, destination, stream }, confirmed)
          metrics.rowsRejected.inc({ connector, destination, stream }, rejected)
        })
        tell({ 'qrsync.rows_confirmed': sum.confirmed, 'qrsync.rows_rejected': sum.rejected })
        const durationMs = Math.round(performance.now() - startedMs)
        logger[sum.rejected > 0 ? 'warn' : 'debug'](
          { destination, stream, rows, confirmed: sum.confirmed, rejected: sum.rejected, durationMs },
          'batch',
        )
      }),
  }
}

function countCall(metrics: Metrics, call: ObservedCall, { outcome, window }: CallEnd): void {
  const { connector, endpoint, purpose } = call
  metrics.calls.inc({ connector, endpoint, purpose, outcome })
  if (outcome === 'refused') metrics.callsRefused.inc({ connector, window: window ?? 'unknown' })
}

const spanOfCall = ({ connector, callId, endpoint, purpose, qrCodeId }: ObservedCall) => ({
  'qrsync.connector': connector,
  'qrsync.call_id': callId,
  'qrsync.purpose': purpose,
  'http.route': endpoint,
  ...(qrCodeId !== undefined && { 'qrsync.qr_code_id': qrCodeId }),
})

const spanOfBatch = ({ connector, destination, stream, rows }: ObservedBatch) => ({
  'qrsync.connector': connector,
  'qrsync.destination': destination,
  'qrsync.stream': stream,
  'qrsync.rows': rows,
})
