import { dayMs, hourMs, minuteMs } from '../durations.ts'
import { Commands } from './commands.ts'
import { eraseCode } from './erase-code.ts'
import type { FaultKind } from '../swarm.ts'
import { names } from '../../../src/temporal/names.ts'
import type { World } from '../world.ts'

type Happens = (kind: FaultKind, periodMs: number, happen: () => boolean) => void

/** What an operator does meanwhile: with commands, in the Temporal UI, and in the config file. */
export function startOperator(world: World, happens: Happens): void {
  const { server, story, time } = world
  const random = world.random.of('operator')
  const commands = new Commands(world)
  const { connector } = world.setting.config
  const later = (delayMs: number, run: () => unknown) => {
    time.after(delayMs, run, null)
  }
  const give = (command: () => Promise<unknown>) => () => {
    // Temporal or the ledger may be away.
    later(0, () => command().catch(() => undefined))
  }
  const toOneRunning = (act: (run: ReturnType<typeof server.running>[number]) => void) => () => {
    const running = server.running()
    if (running.length > 0) act(random.pick(running))
  }
  const replaceWorkers = () => {
    for (const worker of world.machines.workers) world.machines.replace(worker)
  }
  const resumesBackfill = () => {
    later(random.spread(minuteMs, 6 * hourMs), () => {
      story.tell('operator', 'backfill resume')
      give(() => commands.pauseBackfill(false))()
    })
  }
  const actions: Record<string, () => void> = {
    'sync --now': give(() => commands.syncNow()),
    pause: () => {
      server.schedules.setPaused(names.schedule(connector), true)
      const planned = names.syncWorkflow(connector)
      for (const run of server.running()) if (run.workflowId.startsWith(planned)) server.cancel(run)
      later(random.spread(minuteMs, 6 * hourMs), () => {
        world.lastAwayMs = time.nowMs
        story.tell('operator', 'resume')
        give(() => commands.resume())()
      })
    },
    resume: give(() => commands.resume()),
    cancel: toOneRunning((run) => {
      server.cancel(run)
    }),
    terminate: toOneRunning((run) => {
      server.terminate(run)
    }),
    reset: toOneRunning((run) => {
      server.reset(run)
    }),
    'reset to a later point': toOneRunning((run) => {
      server.resetTo(run, random.between(0, Math.max(run.tasks.length - 1, 0)))
    }),
    'rejects list': give(() => commands.listRejects()),
    'rejects replay': give(() => commands.replayRejects()),
    'backfill pause': () => {
      give(() => commands.pauseBackfill(true))()
      resumesBackfill()
    },
    'deliver --from-start': () => {
      const name = random.pick(world.destinations.names())
      give(() => commands.deliverAnew(name, { resend: false }))()
    },
    'deliver --resend': () => {
      const name = random.pick(world.destinations.names())
      give(() => commands.deliverAnew(name, { resend: true }))()
    },
    'another interval and analytics': () => {
      const { parts } = world.machines
      const { schedule: first } = world.setting.config
      const schedule = random.pick([...[5, 15, 60].map((every) => ({ every: every * minuteMs })), first])
      parts.config = { ...parts.config, schedule, analytics: !parts.config.analytics }
      replaceWorkers()
    },
    'a second warehouse': () => {
      world.hasSecondWarehouse = true
      replaceWorkers()
    },
    'another name for the warehouse': () => {
      world.warehouse.rename()
      replaceWorkers()
    },
  }
  const act = (action: string) => {
    world.lastAwayMs = time.nowMs
    story.tell('operator', action)
    actions[action]?.()
  }
  if (world.setting.startsWithoutHistory) resumesBackfill()
  world.whenCalm.push(() => commands.pauseBackfill(false))
  happens('operator', dayMs, () => {
    act(random.pick(Object.keys(actions)))
    return true
  })
  happens('erase', dayMs, () =>
    eraseCode(world, () => {
      act(random.pick(['a second warehouse', 'another name for the warehouse']))
    }),
  )
}
