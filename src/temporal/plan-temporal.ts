import { Client } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import type { Served } from '../config/load-configs.ts'
import { applySearchAttributes } from './apply-search-attributes.ts'
import { names } from './names.ts'
import type { Temporal } from './open-temporal.ts'
import type { Place } from './place.ts'
import { readSchedule } from './read-runs.ts'
import { applySchedule } from './schedule.ts'
import { scheduleText } from './schedule-text.ts'

/** What config files want of a Temporal server and is not there. */
export interface TemporalPlan {
  /** A line each. */
  searchAttributes: string[]
  /** Why workflows do without them; null where they need not. */
  obstacle: string | null
  /** By connector, a line each. */
  schedules: Map<string, string[]>
  /** Makes it so. */
  apply(): Promise<void>
}

export async function planTemporal(
  { connection, namespace }: Pick<Temporal, 'connection' | 'namespace'>,
  { name, configs }: Served,
): Promise<TemporalPlan> {
  const { missing, obstacle } = await applySearchAttributes(connection, namespace, { dryRun: true })
  const place: Place = {
    client: new Client({ connection, namespace }),
    taskQueue: names.taskQueue(name),
    hasSearchAttributes: obstacle === null,
  }
  const schedules = new Map<string, string[]>()
  for (const config of configs) schedules.set(config.connector, await scheduleChanges(place, config))
  return {
    searchAttributes: missing.length === 0 ? [] : [`register search attributes ${missing.join(', ')}`],
    ...{ obstacle, schedules },
    async apply() {
      await applySearchAttributes(connection, namespace)
      for (const { connector, schedule } of configs) await applySchedule(place, connector, schedule)
    },
  }
}

async function scheduleChanges({ client, taskQueue }: Place, config: Config): Promise<string[]> {
  const { connector } = config
  const id = names.schedule(connector)
  const text = scheduleText(config.schedule)
  const present = await readSchedule(client, connector)
  if (present === null) return [`create Schedule ${id}: ${text}`]
  return [
    ...(present.text === text
      ? []
      : [`change Schedule ${id}: ${text}${present.text === null ? '' : `, not ${present.text}`}`]),
    ...(present.taskQueue === taskQueue
      ? []
      : [`change Schedule ${id}: for the worker of ${taskQueue}, not of ${present.taskQueue}`]),
  ]
}
