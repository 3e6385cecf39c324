import { ApplicationFailure } from '@temporalio/common'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import type { Logger } from 'pino'
import { inLogContext } from './log-context.ts'
import type { Metrics } from './metrics.ts'

/** All inputs of activities name the connector; those of deliveries the destination too. */
interface Input {
  connector: string
  destination?: string
}

/** What results of activities have in common, as far as they have it. */
interface Result {
  calls?: number
  landed?: number
  wait?: { reason: string } | null
  delivered?: number
  rejected?: number
}

/**
 * Around each attempt of an activity: whatever is logged in it says in which; its end is logged, its failure counted. A
 * failure is logged by Temporal's SDK.
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
