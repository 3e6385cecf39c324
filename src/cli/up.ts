import { loadConfig } from '../config/load-config.ts'
import { startObservability } from '../observability/start-observability.ts'
import { runConnector } from '../worker/run-connector.ts'
import { createConsole } from './console.ts'
import { followSync } from './follow-sync.ts'
import { startSync } from '../temporal/start-sync.ts'
import { printSummary, summarize, workflowUrl } from './summary.ts'

export interface UpOptions {
  config: string
  /** End after the first sync is delivered, with one JSON line on stdout. */
  once: boolean
}

/** `qrsync up`: starts all that the config file names, syncs at once, and goes on by its Schedule until told to stop. */
export async function up(options: UpOptions): Promise<void> {
  const startedAtMs = Date.now()
  const config = loadConfig(options.config, process.env)
  const observability = await startObservability([config])
  const screen = createConsole()
  try {
    const running = await runConnector({
      config,
      observability,
      onProgress: screen.status,
      onStep: screen.line,
    })
    const isTold = untilToldToStop()
    try {
      const workflow = await startSync(running.client, config.connector)
      screen.line(`Syncing: ${workflowUrl(running, workflow.workflowId)}`)
      const sync = followSync(running, workflow, screen.status)
      const isDone = await Promise.race([sync.then(() => true), isTold.then(() => false)])
      const result = await summarize(running, config, startedAtMs)
      if (isDone) printSummary(screen, running, config, workflow.workflowId, result)
      if (isDone && options.once) process.stdout.write(`${JSON.stringify(result)}\n`)
      if (isDone && !options.once) {
        screen.line(`Syncing every ${config.schedule.every / 1000} s; Ctrl-C stops.`)
        await Promise.race([isTold, running.stopped])
      }
    } finally {
      screen.status('Stopping: what is under way is brought to its end')
      await running.stop()
    }
  } finally {
    screen.stop()
    await observability.close()
  }
}

/** Before this is called there is nothing to bring to an end, and a signal may end the process as usual. */
function untilToldToStop(): Promise<void> {
  return new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
}
