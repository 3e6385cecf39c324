import { startObservability } from '../observability/start-observability.ts'
import { readLogSettings } from '../observability/log-settings.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import { runConnectors, type RunningConnectors, type RunOptions } from '../worker/run-connectors.ts'
import { createConsole, type Console } from './views/console.ts'
import { openPage } from './open-page.ts'
import { untilToldToStop } from './until-told-to-stop.ts'

/**
 * Runs connectors while there is something to do with them; whatever ends it, what is under way is brought to its end.
 *
 * @param hasPage whether the page is served meanwhile, if the config file has one
 * @param work is given what settles when the process is told to stop
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
  const screen = createConsole(process.stderr, format)
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
    const page = hasPage ? await openPage(running, observability, screen.line) : null
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
 * The signal that tells a daemon to read its config again. Without a terminal only: there it says that the terminal was closed, and ends
 * the process as usual.
 */
function onHangUp(running: RunningConnectors, screen: Console): void {
  if (screen.isTerminal) return
  process.on('SIGHUP', () => {
    void running.reload()
  })
}
