import { AsyncLocalStorage } from 'node:async_hooks'

/** What each log line says about where it was written. */
export interface LogContext {
  connector?: string
  destination?: string
  workflowId?: string
  runId?: string
  activity?: string
  attempt?: number
}

const contexts = new AsyncLocalStorage<LogContext>()

export const inLogContext = <Result>(context: LogContext, work: () => Result): Result =>
  contexts.run(context, work)

export const currentLogContext = (): LogContext => contexts.getStore() ?? {}

/** Derives the context from our workflow ids (`qrsync/<connector>/…`), for lines that Temporal's SDK writes. */
export function contextOfWorkflow(workflowId: unknown): LogContext {
  const parts = typeof workflowId === 'string' ? workflowId.split('/') : []
  const [product, connector, kind, destination] = parts
  if (product !== 'qrsync' || connector === undefined) return {}
  return { connector, ...(kind === 'deliver' && destination !== undefined && { destination }) }
}
