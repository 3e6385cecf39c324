import { Client } from '@temporalio/client'
import type { Config } from '../config/schema.ts'
import type { Served } from '../config/load-configs.ts'
import { applySearchAttributes } from './apply-search-attributes.ts'
import { nameTemporalError } from './name-temporal-error.ts'
import { names } from './names.ts'
import type { Temporal } from './server/open-temporal.ts'
import type { Place } from './place.ts'
import { readSchedule } from './read-runs.ts'
import { applySchedule } from './schedule.ts'
import { dataConverterOf } from './encryption/data-converter.ts'
import { identify } from './server/server-identity.ts'
import { scheduleText } from './schedule-text.ts'

/** What config files require of a Temporal server and is missing there. */
export interface TemporalPlan {
  /** One line each. */
  searchAttributes: string[]
  /** Why workflows run without them; null if they are available. */
  obstacle: string | null
  /** By connector, one line each. */
  schedules: Map<string, string[]>
  /** Creates and updates all of it. */
  apply(): Promise<void>
}

/** @throws ConnectorError TEMPORAL_UNREACHABLE that says what is missing there */
export async function planTemporal(
  server: Pick<Temporal, 'connection' | 'address' | 'namespace'>,
  served: Served,
): Promise<TemporalPlan> {
  const named = (error: unknown): never => {
    throw nameTemporalError(error, server)
  }
  const plan = await planUnnamed(server, served).catch(named)
  return { ...plan, apply: () => plan.apply().catch(named) }
}

async function planUnnamed(
  { connection, namespace }: Pick<Temporal, 'connection' | 'namespace'>,
  { name, configs }: Served,
): Promise<TemporalPlan> {
  await identify(connection, namespace)
  const { missing, obstacle } = await applySearchAttributes(connection, namespace, { dryRun: true })
  const place: Place = {
    client: new Client({ connection, namespace, dataConverter: dataConverterOf(configs[0].temporal) }),
    taskQueue: names.taskQueue(name),
    hasSearchAttributes: obstacle === null,
  }
  const schedules = new Map<string, string[]>()
  for (const config of configs) schedules.set(config.connector, await scheduleChanges(place, config))
  return {
    searchAttributes: missing.length === 0 ? [] : [`register search attributes ${missing.join(', ')}`],
    obstacle,
    schedules,
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
      : [`change Schedule ${id}: task queue ${taskQueue}, not ${present.taskQueue}`]),
  ]
}
