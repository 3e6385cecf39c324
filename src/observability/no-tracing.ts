import type { ClientInterceptors } from '@temporalio/client'
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'

/** What a span says of its work. */
export type SpanAttributes = Record<string, string | number | boolean>

/** Where traces go, and what of Temporal takes part in them. */
export interface Tracing {
  /** Around a piece of work, which may say more once it knows more. */
  span<Result>(
    name: string,
    attributes: SpanAttributes,
    work: (tell: (more: SpanAttributes) => void) => Promise<Result>,
  ): Promise<Result>
  /** Of the span at work, for the log. */
  ids: () => { traceId?: string; spanId?: string }
  clientInterceptors: ClientInterceptors
  activityInterceptors: ActivityInterceptorsFactory[]
  /** Modules for the bundle of workflows. */
  workflowModules: string[]
  sinks: NonNullable<WorkerOptions['sinks']>
  /** What goes wrong with sending them is told there. */
  logTo(logger: Logger): void
  /** Sends what is left. */
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
