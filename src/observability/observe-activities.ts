import { ApplicationFailure } from '@temporalio/common'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import type { Logger } from 'pino'
import { inLogContext } from './log-context.ts'
import type { Metrics } from './metrics.ts'

/** The input of every activity names the connector, and that of a delivery the destination too. */
interface Input {
  connector: string
  destination?: string
}

/** What results of activities have in common. */
interface Result {
  calls?: number
  landed?: number
  wait?: { reason: string } | null
  delivered?: number
  rejected?: number
}

/**
 * Wraps each attempt of an activity: every line that is logged in it names it, its end is logged, and its
 * failure is counted. Temporal's SDK logs the failure itself.
 */
export function observeActivities(logger: Logger, metrics: Metrics): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const { connector, destination } = input.args[0] as Input
        const context = {
          connector,
          ...(destination !== undefined && { destination }),
          ...info.workflowExecution,
          activity: info.activityType,
          attempt: info.attempt,
        }
        return inLogContext(context, async () => {
          const startedMs = performance.now()
          try {
            const result = await next(input)
            logger.info(
              { ...told(result), durationMs: Math.round(performance.now() - startedMs) },
              'activity ended',
            )
            return result
          } catch (error) {
            metrics.failures.inc({ connector, destination: destination ?? '', code: codeOf(error) })
            throw error
          }
        })
      },
    },
  })
}

function told(result: unknown): object {
  const { calls, landed, wait, delivered, rejected } = (result ?? {}) as Result
  return { calls, landed, wait: wait?.reason, delivered, rejected }
}

function codeOf(error: unknown): string {
  if (error instanceof ApplicationFailure) return error.type ?? 'Error'
  return error instanceof Error ? error.name : 'Error'
}
