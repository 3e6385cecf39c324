import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
  type ScheduleSpec,
} from '@temporalio/client'
import type { ScheduleConfig } from '../config/settings/schedule-settings.ts'
import type * as Workflows from '../../workflows/index.ts'
import { syncHelp } from './help-texts.ts'
import { names } from './names.ts'
import { scheduleText } from './schedule-text.ts'
import { startAttributes, type Place } from './place.ts'

/**
 * Creates or updates the connector's Schedule to match the config file. While a sync is running, the Schedule skips the next one.
 * A Schedule that an operator has paused stays paused.
 *
 * @param stateOfNew the state of a Schedule that does not exist yet: whether it begins paused
 */
export async function applySchedule(
  place: Place,
  connector: string,
  config: ScheduleConfig,
  stateOfNew: ScheduleOptions['state'] = {},
): Promise<void> {
  const { client, taskQueue, hasSearchAttributes } = place
  const scheduleId = names.schedule(connector)
  const schedule = {
    spec: specOf(config),
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      staticDetails: syncHelp,
      workflowType: 'sync' satisfies keyof typeof Workflows,
      workflowId: names.syncWorkflow(connector),
      taskQueue,
      args: [{ connector, mode: 'planned' as const, everyMs: config.every ?? 0, hasSearchAttributes }],
      staticSummary: `Sync of ${connector}: the calls that are worth making`,
      ...startAttributes(place, connector, { schedule: scheduleText(config) }),
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>
  const handle = client.schedule.getHandle(scheduleId)
  const update = () => handle.update((previous) => ({ ...schedule, state: previous.state }))
  try {
    await update()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    await client.schedule.create({ scheduleId, ...schedule, state: stateOfNew }).catch((reason: unknown) => {
      // Another worker, started at the same time, created it first.
      if (!(reason instanceof ScheduleAlreadyRunning)) throw reason
      return update()
    })
  }
}

/** The server computes the exact times: an interval counts from 1970, and a jitter is random each time. */
function specOf({ every, cron, time_zone, jitter }: ScheduleConfig): ScheduleSpec {
  const spec: ScheduleSpec =
    every === undefined ? { cronExpressions: [cron], timezone: time_zone } : { intervals: [{ every }] }
  return jitter === undefined ? spec : { ...spec, jitter }
}
