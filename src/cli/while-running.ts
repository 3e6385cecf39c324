import { startObservability } from '../observability/start-observability.ts'
import { readLogSettings } from '../observability/log-settings.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import type { RunningPage } from '../page/start-page.ts'
import { runConnectors, type RunningConnectors, type RunOptions } from '../worker/run-connectors.ts'
import { describeRisks } from '../worker/describe-risks.ts'
import { createConsole, type Console } from './views/console.ts'
import { untilToldToStop } from './until-told-to-stop.ts'

/**
 * Runs connectors while `work` needs them, and lets running work finish, whatever ends it.
 *
 * @param hasPage whether to serve the page meanwhile, if the config file has one
 * @param work gets a promise that settles when the process is asked to stop
 */
export async function whileRunning(
  {
    served,
    start,
    reloadFrom,
    hasPage,
  }: Pick<RunOptions, 'served' | 'start' | 'reloadFrom'> & { hasPage: boolean },
  work: (running: RunningConnectors, screen: Console, isTold: Promise<void>) => Promise<void>,
): Promise<void> {
  const { format } = readLogSettings(process.env)
  const screen = await createConsole(process.stderr, format)
  const isPlain = format === null ? screen.isTerminal : format === 'plain'
  const observability = await startObservability(served.configs, isPlain ? screen.line : undefined)
  try {
    const running = await runConnectors({
      served,
      start,
      reloadFrom,
      observability,
      onProgress: screen.status,
      onStep: screen.line,
      onIdle: screen.stop,
    })
    for (const line of await describeRisks(served.configs)) screen.line(line)
    let page: RunningPage | null = null
    if (hasPage) {
      const { openPage } = await import('./open-page.ts')
      page = await openPage(running, observability, screen.line)
    }
    const isTold = untilToldToStop()
    onHangUp(running, screen)
    try {
      await work(running, screen, isTold)
    } catch (error) {
      throw nameTemporalError(error, running.temporal)
    } finally {
      await page?.close()
      screen.status('Stopping: finishing the current pages and batches')
      await running.stop()
    }
  } finally {
    screen.stop()
    await observability.close()
  }
}

/**
 * Reloads the config on the signal that asks a daemon to do so. Only without a terminal: there, the signal
 * means that the terminal was closed, and ends the process as usual.
 */
function onHangUp(running: RunningConnectors, screen: Console): void {
  if (screen.isTerminal) return
  process.on('SIGHUP', () => {
    void running.reload()
  })
}
