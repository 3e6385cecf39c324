import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { printJson } from '../../print.ts'

export function addWorker(program: Command): void {
  addCommand(program, {
    name: 'worker',
    description: 'run only the worker, until it is stopped; run "apply" first',
    example: 'TEMPORAL_ADDRESS=temporal:7233 qrsync worker --config connectors/',
    takes: 'config files',
  }).action(worker)
}

interface WorkerOptions {
  /** A config file, or a folder of them. */
  config: string
  json: boolean
}

/** Does what Schedules and users start, until it is stopped. Creates nothing, and starts no sync. */
async function worker({ config: path, json }: WorkerOptions): Promise<void> {
  const { loadConfigs } = await import('../../../config/load-configs.ts')
  const { showIdle } = await import('../../views/describe-idle.ts')
  const { whileRunning } = await import('../../while-running.ts')
  const served = loadConfigs(path, process.env)
  await whileRunning(
    { served, start: 'worker', reloadFrom: path, hasPage: true },
    async (running, screen, isTold) => {
      const { taskQueue } = running.place
      const connectors = served.configs.map(({ connector }) => connector)
      screen.stop()
      if (json) printJson({ connectors, task_queue: taskQueue })
      screen.line(`The worker of ${taskQueue} is running for ${connectors.join(', ')}; Ctrl-C stops.`)
      await showIdle(running, screen, Promise.race([isTold, running.stopped]))
    },
  )
}
