import { requestReplay } from '../../src/ledger/deliveries/rejects.ts'
import { names } from '../../src/temporal/names.ts'
import { signalDelivery } from '../../src/temporal/signal-delivery.ts'
import { startSync } from '../../src/temporal/start-sync.ts'
import { dayMs, hourMs, minuteMs } from './durations.ts'
import type { FaultKind } from './swarm.ts'
import type { World } from './world.ts'

type Happens = (kind: FaultKind, periodMs: number, happen: () => boolean) => void

/** What a person does meanwhile: with commands, in the Temporal UI, and in the config file. */
export function startOperator(world: World, happens: Happens): void {
  const { server, story, time } = world
  const random = world.random.of('operator')
  const { connector } = world.setting.config
  const later = (delayMs: number, run: () => unknown) => {
    time.after(delayMs, run, null)
  }
  const toOneRunning = (act: (run: ReturnType<typeof server.running>[number]) => void) => () => {
    const running = server.running()
    if (running.length > 0) act(random.pick(running))
  }
  const replaceWorkers = () => {
    for (const worker of world.machines.workers) world.machines.replace(worker)
  }
  const actions: Record<string, () => void> = {
    'sync --now': () => {
      later(0, () => startSync(world.place, connector).catch(() => undefined))
    },
    pause: () => {
      server.schedules.setPaused(names.schedule(connector), true)
      later(random.spread(minuteMs, 6 * hourMs), () => {
        server.schedules.setPaused(names.schedule(connector), false)
        world.lastAwayMs = time.nowMs
        story.tell('operator', 'resume')
      })
    },
    cancel: toOneRunning((run) => {
      server.cancel(run)
    }),
    terminate: toOneRunning((run) => {
      server.terminate(run)
    }),
    reset: toOneRunning((run) => {
      server.reset(run)
    }),
    'rejects replay': () => {
      const replay = async () => {
        await requestReplay(world.database.connect(), { connector })
        for (const name of world.warehouses().keys()) await signalDelivery(world.place, connector, name, true)
      }
      later(0, () => replay().catch(() => undefined))
    },
    'another interval and analytics': () => {
      const { parts } = world.machines
      const schedule = { every: random.pick([5, 15, 60]) * minuteMs }
      parts.config = { ...parts.config, schedule, analytics: !parts.config.analytics }
      replaceWorkers()
    },
    'a second warehouse': () => {
      world.hasSecondWarehouse = true
      replaceWorkers()
    },
  }
  happens('operator', dayMs, () => {
    const action = random.pick(Object.keys(actions))
    world.lastAwayMs = time.nowMs
    story.tell('operator', action)
    actions[action]?.()
    return true
  })
}
