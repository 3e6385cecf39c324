import { loadConfig } from '../config/load-config.ts'
import { startSync } from '../temporal/start-sync.ts'
import { followSync } from './follow-sync.ts'
import { scheduleText } from './schedule-text.ts'
import { printSummary, summarize, workflowUrl } from './summary.ts'
import { whileRunning } from './while-running.ts'

export interface UpOptions {
  config: string
  /** End after the first sync is delivered, with one JSON line on stdout. */
  once: boolean
}

/** `qrsync up`: starts all that the config file names, syncs at once, and goes on by its Schedule until told to stop. */
export async function up({ config: file, once }: UpOptions): Promise<void> {
  const startedAtMs = Date.now()
  const config = loadConfig(file, process.env)
  await whileRunning([config], config.connector, async (running, screen, isTold) => {
    const [deps] = running.served
    if (deps === undefined) return
    const workflow = await startSync(running.place, config.connector)
    screen.line(`Syncing: ${workflowUrl(running.temporal, workflow.workflowId)}`)
    const sync = followSync({ deps, stopped: running.stopped }, workflow, screen.status)
    const isDone = await Promise.race([sync.then(() => true), isTold.then(() => false)])
    if (!isDone) return
    const result = await summarize(running, deps, config, startedAtMs)
    printSummary(screen, running.temporal, config, workflow.workflowId, result)
    if (once) process.stdout.write(`${JSON.stringify(result)}\n`)
    else {
      screen.line(`Syncing ${scheduleText(config.schedule)}; Ctrl-C stops.`)
      await Promise.race([isTold, running.stopped])
    }
  })
}
