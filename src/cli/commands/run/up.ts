import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import type { ActivityDeps } from '../../../../activities/deps.ts'
import type { RunningConnectors } from '../../../worker/run-connectors.ts'
import { printJson } from '../../print.ts'
import { exitCodes, lineOf } from '../../run-to-exit.ts'
import type { Console } from '../../views/console.ts'
import type { ReadableConfig, SyncResult } from '../../views/summary.ts'

export function addUp(program: Command): void {
  addCommand(program, {
    name: 'up',
    description: 'apply a config file and run its worker: sync now, then by the schedule, until Ctrl-C',
    example: 'QRCS_API_KEY=qrs_... qrsync up --config qrsync.yaml',
    takes: 'config files',
  })
    .option('--once', 'stop after the first sync is delivered, with one JSON line on stdout', false)
    .action(up)
}

interface UpOptions {
  /** A config file, or a folder of them. */
  config: string
  /** Whether to end after the first sync is delivered. */
  once: boolean
  /** Whether to print one line per connector to stdout once its first sync is delivered; `once` prints it too. */
  json: boolean
  /** Lines to show once the first syncs are delivered. */
  hints?: readonly string[]
}

/**
 * Starts everything that the config files name, syncs at once, and continues by their Schedules until it is
 * stopped.
 */
export async function up({ config: path, once, json, hints = [] }: UpOptions): Promise<void> {
  const { loadConfigs } = await import('../../../config/load-configs.ts')
  const { writtenSettings } = await import('../../../config/config-file.ts')
  const { scheduleText } = await import('../../../temporal/schedule-text.ts')
  const { showIdle } = await import('../../views/describe-idle.ts')
  const { describeUndelivered } = await import('../../views/delivery-watch.ts')
  const { describeIncomplete } = await import('../../views/failing.ts')
  const { whileRunning } = await import('../../while-running.ts')
  const startedAtMs = Date.now()
  const served = loadConfigs(path, process.env)
  // Now, because a file may change while the first sync runs.
  const written = served.files.map(writtenSettings)
  const isOne = served.configs.length === 1
  // A user who waits for one sync does not stay to read a page.
  const options = { served, start: 'all', reloadFrom: path, hasPage: !once } as const
  await whileRunning(options, async (running, screen, isTold) => {
    const syncs = served.configs.map(async (config, index) => {
      const deps = running.served[index]
      if (deps === undefined) return
      const onProgress = isOne
        ? screen.status
        : (text: string) => {
            screen.status(`${config.connector}: ${text}`)
          }
      const readable = { config, written: written[index] ?? (() => null) }
      const { result, held } = await firstSync({ running, deps, readable, screen, onProgress, startedAtMs })
      if (once || json) printJson(result)
      for (const left of [held, ...describeIncomplete(result), describeUndelivered(result.undelivered)]) {
        if (left === null) continue
        screen.line(isOne ? left : `${config.connector}: ${left}`)
        if (once) process.exitCode = exitCodes.failed
      }
    })
    const all = everyOne(syncs, (error, index) => {
      const { connector = '' } = served.configs[index] ?? {}
      screen.line(`${connector}: ${lineOf(error) ?? String(error)}`)
    })
    const isDone = await Promise.race([all.then(() => true), isTold.then(() => false)])
    if (!isDone) return
    if (!once) {
      for (const { connector, schedule } of served.configs) {
        screen.line(`Syncing ${isOne ? '' : `${connector} `}${scheduleText(schedule)}; Ctrl-C stops.`)
      }
    }
    if (once) screen.line('This worker ends here: without --once it continues by the schedule.')
    for (const hint of hints) screen.line(hint)
    if (once) return
    const end = Promise.race([isTold, running.stopped])
    await showIdle(running, screen, end)
  })
}

interface FirstSync {
  running: RunningConnectors
  deps: ActivityDeps
  readable: ReadableConfig
  screen: Console
  onProgress: (text: string) => void
  startedAtMs: number
}

/** @returns the result, and why it is incomplete if it waits for long */
async function firstSync(sync: FirstSync): Promise<{ result: SyncResult; held: string | null }> {
  const { startSync } = await import('../../../temporal/start-sync.ts')
  const { toUndelivered } = await import('../../views/delivery-watch.ts')
  const { countCodesWithoutAnalytics } = await import('../../../insight/count-codes-without-analytics.ts')
  const { analyticsText } = await import('../../views/describe-status.ts')
  const { describeHeld, toWaits } = await import('../../views/describe-hold.ts')
  const { followSync, watchDeliveries } = await import('../../views/follow-sync.ts')
  const { printSummary, summarize, workflowUrl } = await import('../../views/summary.ts')
  const { running, deps, readable, screen, onProgress, startedAtMs } = sync
  const start = () => startSync(running.place, deps.connector)
  const watches = await watchDeliveries(deps)
  const workflow = await start()
  screen.line(`Syncing: ${workflowUrl(running.temporal, workflow.workflowId)}`)
  const { stopped, trouble } = running
  const { failed, hold } = await followSync({ deps, watches, stopped, trouble, start }, workflow, onProgress)
  const summary = await summarize(running, deps, readable, startedAtMs)
  const result = { ...summary, waits: toWaits(hold), undelivered: failed.map(toUndelivered) }
  printSummary(screen, running.temporal, readable, workflow.workflowId, result)
  const withoutAnalytics = readable.config.analytics
    ? await countCodesWithoutAnalytics(deps.ledger, deps.connector)
    : 0
  if (withoutAnalytics > 0) screen.line(`Analytics: ${analyticsText(withoutAnalytics)}.`)
  return { result, held: await describeHeld(deps, hold) }
}

/** Reports a failing connector, and continues with the others; fails only if all of them fail. */
async function everyOne(
  syncs: readonly Promise<void>[],
  onFailure: (error: unknown, index: number) => void,
): Promise<void> {
  const ends = await Promise.allSettled(
    syncs.map((sync, index) =>
      sync.catch((error: unknown) => {
        if (syncs.length > 1) onFailure(error, index)
        throw error
      }),
    ),
  )
  const failures = ends.filter((end) => end.status === 'rejected')
  if (failures.length === syncs.length) throw failures[0]?.reason
}
