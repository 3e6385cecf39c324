import type { ClientInterceptors } from '@temporalio/client'
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'

/** The attributes of a span. */
export type SpanAttributes = Record<string, string | number | boolean>

/** Where traces go, and the parts of Temporal that take part in them. */
export interface Tracing {
  /** Wraps a piece of work, which may add attributes later. */
  span<Result>(
    name: string,
    attributes: SpanAttributes,
    work: (tell: (more: SpanAttributes) => void) => Promise<Result>,
  ): Promise<Result>
  /** The ids of the current span, for the log. */
  ids: () => { traceId?: string; spanId?: string }
  clientInterceptors: ClientInterceptors
  activityInterceptors: ActivityInterceptorsFactory[]
  /** Modules for the bundle of workflows. */
  workflowModules: string[]
  sinks: NonNullable<WorkerOptions['sinks']>
  /** Logs failures of sending them. */
  logTo(logger: Logger): void
  /** Sends the remaining spans. */
  close(): Promise<void>
}

export const noTracing: Tracing = {
  span: (_name, _attributes, work) => work(() => undefined),
  ids: () => ({}),
  clientInterceptors: {},
  activityInterceptors: [],
  workflowModules: [],
  sinks: {},
  logTo: () => undefined,
  close: () => Promise.resolve(),
}
