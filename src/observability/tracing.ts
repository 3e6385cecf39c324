import { createRequire } from 'node:module'
import { context, diag, DiagLogLevel, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { envDetectorSync, Resource } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry'
import type { Tracing } from './no-tracing.ts'

const tracerName = 'qrsync'

/** Modules for the bundle of workflows. */
export const workflowModules = [
  createRequire(import.meta.url).resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'),
]

/**
 * Sends spans to the OpenTelemetry collector of OTEL_EXPORTER_OTLP_ENDPOINT, over HTTP: workflows and
 * activities by Temporal's interceptors, calls of the API and batches of destinations by `span`. The other
 * standard variables apply too: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_HEADERS,
 * OTEL_TRACES_SAMPLER.
 */
export function startTracing(): Tracing {
  const resource = new Resource({ 'service.name': 'qrsync', ...envDetectorSync.detect().attributes })
  const processor = new BatchSpanProcessor(new OTLPTraceExporter())
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] })
  provider.register()
  const tracer = trace.getTracer(tracerName)
  return {
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work((more: Attributes) => void span.setAttributes(more))
        } catch (error) {
          // Its message may contain what a vendor sent.
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: error instanceof Error ? error.name : 'Error',
          })
          throw error
        } finally {
          span.end()
        }
      }),
    ids() {
      const ids = trace.getSpanContext(context.active())
      return ids === undefined ? {} : { traceId: ids.traceId, spanId: ids.spanId }
    },
    clientInterceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
    activityInterceptors: [
      (activity) => ({
        inbound: new OpenTelemetryActivityInboundInterceptor(activity),
        outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
      }),
    ],
    workflowModules,
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
    logTo(logger) {
      const at = (level: 'debug' | 'warn' | 'error') => (message: string) => {
        logger[level](`traces: ${message}`)
      }
      const [debug, warn, error] = [at('debug'), at('warn'), at('error')]
      diag.setLogger({ verbose: debug, debug, info: debug, warn, error }, DiagLogLevel.WARN)
    },
    close: () => provider.shutdown(),
  }
}
