import { ScheduleOverlapPolicy, type Client } from '@temporalio/client'
import { createConsole } from '../views/console.ts'
import { describeIncomplete, readFailingReport } from '../views/failing.ts'
import { describeUndelivered, toUndelivered } from '../views/delivery-watch.ts'
import { followSync, watchDeliveries } from '../views/follow-sync.ts'
import { number, print } from '../views/format.ts'
import { mustBeServed } from '../views/follow-delivery.ts'
import { exitCodes } from '../run-to-exit.ts'
import { withAccount } from '../with-account.ts'
import { withTemporal } from '../with-temporal.ts'
import { letOneThrough } from '../../ledger/calls/gate.ts'
import { countCalls } from '../../insight/read-progress.ts'
import { countSetAside } from '../../ledger/scans/set-aside.ts'
import { names } from '../../temporal/names.ts'
import { findPlace } from '../../temporal/place.ts'
import { startSync } from '../../temporal/start-sync.ts'
import type { AnswerWatch } from '../../temporal/watch-answer.ts'
import { createDestinations } from '../../worker/create-destinations.ts'

export interface SyncOptions {
  config: string
  now: boolean
  json: boolean
}

/**
 * `qrsync sync`: has the planner look now, before its schedule; with `--now` all that is new is brought, whatever it costs,
 * and waited for. The worker that is at work does it.
 */
export async function sync({ config: file, now, json }: SyncOptions): Promise<void> {
  await withAccount(file, async ({ config, ledger, state: { connector } }) => {
    const screen = createConsole()
    const work = async (client: Client, { away }: AnswerWatch) => {
      const place = await findPlace(client, connector)
      await mustBeServed(place, connector)
      if (!now) {
        await client.schedule.getHandle(names.schedule(connector)).trigger(ScheduleOverlapPolicy.SKIP)
        if (json) print(JSON.stringify({ connector, started: true }))
        else {
          print(
            'The planner looks now; a sync that is still at work goes on instead. "qrsync status" tells more.',
          )
        }
        return
      }
      const startedAtMs = Date.now()
      // Whoever asks for calls now may try one, however long the API has asked to wait.
      await letOneThrough(ledger, connector)
      const start = () => startSync(place, connector)
      const deps = { ledger, connector, destinations: createDestinations(config, ledger) }
      const watches = await watchDeliveries(deps)
      const workflow = await start()
      const never = new Promise<void>(() => undefined)
      const failed = await followSync(
        { deps, watches, stopped: never, trouble: away, start },
        workflow,
        screen.status,
      ).finally(screen.stop)
      const { calls, refused } = await countCalls(ledger, connector, startedAtMs, Date.now())
      const { failures } = await readFailingReport(ledger, connector, Date.now())
      const undelivered = failed.map(toUndelivered)
      const set_aside_rows = await countSetAside(ledger, { connector })
      const incomplete = describeIncomplete({ failures, set_aside_rows })
      const left = [...incomplete, describeUndelivered(undelivered)].filter((text) => text !== null)
      if (left.length > 0) process.exitCode = exitCodes.failed
      if (json) print(JSON.stringify({ connector, calls, refused, failures, set_aside_rows, undelivered }))
      else if (left.length > 0) print(left.join('\n'))
      else print(`All that is new is landed and delivered: ${number(calls)} calls.`)
    }
    await withTemporal(config, work, screen.line).finally(screen.stop)
  })
}
