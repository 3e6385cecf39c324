import { startObservability } from '../observability/start-observability.ts'
import { nameTemporalError } from '../temporal/name-temporal-error.ts'
import { runConnectors, type RunningConnectors, type RunOptions } from '../worker/run-connectors.ts'
import { createConsole, type Console } from './views/console.ts'
import { untilToldToStop } from './until-told-to-stop.ts'

/**
 * Runs connectors while there is something to do with them; whatever ends it, what is under way is brought to its end.
 *
 * @param work is given what settles when the process is told to stop
 */
export async function whileRunning(
  { served, start }: Pick<RunOptions, 'served' | 'start'>,
  work: (running: RunningConnectors, screen: Console, isTold: Promise<void>) => Promise<void>,
): Promise<void> {
  const observability = await startObservability(served.configs)
  const screen = createConsole()
  try {
    const running = await runConnectors({
      served,
      start,
      observability,
      onProgress: screen.status,
      onStep: screen.line,
      onIdle: screen.stop,
    })
    const isTold = untilToldToStop()
    try {
      await work(running, screen, isTold)
    } catch (error) {
      throw nameTemporalError(error, running.temporal)
    } finally {
      screen.status('Stopping: finishing the current pages and batches')
      await running.stop()
    }
  } finally {
    screen.stop()
    await observability.close()
  }
}
