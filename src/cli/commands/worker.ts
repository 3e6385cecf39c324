import { loadConfigs } from '../../config/load-configs.ts'
import { print } from '../views/format.ts'
import { whileRunning } from '../while-running.ts'

export interface WorkerOptions {
  /** A config file, or a folder of them. */
  config: string
  json: boolean
}

/** `qrsync worker`: does what Schedules and people ask for, until it is told to stop; sets nothing up, and starts no sync. */
export async function worker({ config: path, json }: WorkerOptions): Promise<void> {
  const served = loadConfigs(path, process.env)
  await whileRunning({ served, start: 'worker' }, async ({ place, stopped }, screen, isTold) => {
    const connectors = served.configs.map(({ connector }) => connector)
    screen.stop()
    if (json) print(JSON.stringify({ connectors, task_queue: place.taskQueue }))
    screen.line(`The worker of ${place.taskQueue} is at work for ${connectors.join(', ')}; Ctrl-C stops.`)
    await Promise.race([isTold, stopped])
  })
}
