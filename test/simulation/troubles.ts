import { streamNames } from '../../src/streams/streams.ts'
import { dayMs, hourMs, minuteMs } from './durations.ts'
import { happensAtTimes } from './machines/happens-at-times.ts'
import { atRandomTimes } from './machines/random-times.ts'
import { startOperator } from './operators/operator.ts'
import type { FaultKind } from './swarm.ts'
import type { World } from './world.ts'

/** What happens to the machines and everything around them, at random times. */
export function startTroubles(world: World): void {
  const { time, swarm, server, story, apiTroubles, warehouse } = world
  const random = world.random.of('troubles')
  const anyWorker = () => random.pick([...world.machines.workers])

  const happens = (kind: FaultKind, periodMs: number, happen: () => boolean) => {
    happensAtTimes(world, random, kind, happen, periodMs)
  }
  /** A trouble that may delay every delivery has ended. */
  const noteAway = () => {
    world.lastAwayMs = time.nowMs
  }
  const later = (delayMs: number, end: () => unknown) => {
    time.after(delayMs, end, null)
  }

  happens('crash', hourMs, () => {
    if (world.machines.workers.size === 0) return false
    world.machines.crash(anyWorker())
    return true
  })
  happens('freeze', hourMs, () => {
    if (world.machines.workers.size === 0) return false
    const { actor } = anyWorker()
    const forMs = random.spread(500, 10 * minuteMs)
    story.tell(actor.name, `stands still for ${forMs} ms`)
    actor.frozenUntilMs = time.nowMs + forMs
    return true
  })
  happens('clock_jump', dayMs, () => {
    if (world.machines.workers.size === 0) return false
    const { actor } = anyWorker()
    world.machines.setClock(actor, random.spread(1_000, 3 * hourMs) * random.pick([1, -1]))
    story.tell(actor.name, `its clock is ${actor.clockAheadMs} ms ahead`)
    later(random.spread(minuteMs, 6 * hourMs), () => {
      world.machines.setClock(actor, 0)
      story.tell(actor.name, 'its clock is right')
    })
    return true
  })
  happens('temporal_away', dayMs, () => {
    if (server.isAway) return false
    server.setAway(true)
    world.lastAwayMs = Infinity
    story.tell('temporal', 'is away')
    later(random.spread(1_000, 30 * minuteMs), () => {
      server.setAway(false)
      noteAway()
      story.tell('temporal', 'is back')
    })
    return true
  })
  happens('temporal_wiped', 7 * dayMs, () => {
    server.loseAll()
    world.lastAwayMs = Infinity
    story.tell('temporal', 'has lost its data')
    // A running `up` creates what is missing again within ten seconds (`watchServer`).
    const watch = () => {
      const [worker] = world.machines.workers
      if (worker?.isReady !== true) later(5_000, watch)
      else {
        noteAway()
        time.after(0, () => worker.restoreServer(), worker.actor)
      }
    }
    later(10_000, watch)
    return true
  })
  happens('api_down', dayMs, () => {
    if (apiTroubles.isDown) return false
    apiTroubles.begin()
    story.tell('api', 'is down')
    later(random.spread(5_000, 8 * hourMs), () => {
      apiTroubles.end()
      world.invariants.calls.outageEnded()
      story.tell('api', 'is up')
    })
    return true
  })
  atRandomTimes(
    { time, random: world.random.of('long waits'), periodMs: dayMs },
    () => swarm.rate('api_long_wait'),
    () => {
      apiTroubles.askForLongWait()
    },
  )
  happens('code_broken', dayMs, () => {
    // A code with scans, because one that is not fetched shows nothing.
    const { id } = random.pickSkewed(world.api.codes)
    apiTroubles.breakCode(id)
    story.tell('api', `code ${id} is broken`)
    return true
  })
  happens('warehouse_down', dayMs, () => {
    if (warehouse.fault !== null) return false
    warehouse.fault = { is: 'down' }
    world.lastAwayMs = Infinity
    story.tell('warehouse', 'is down')
    later(random.spread(1_000, 6 * hourMs), () => {
      warehouse.fault = null
      noteAway()
      story.tell('warehouse', 'is up')
    })
    return true
  })
  happens('warehouse_stream', dayMs, () => {
    if (warehouse.fault !== null) return false
    // The codes come before the scans, and so can delay them.
    const stream = random.pick(['qr_codes', ...streamNames] as const)
    warehouse.fault = { is: 'broken', stream }
    if (stream === 'scans') world.lastAwayMs = Infinity
    story.tell('warehouse', `its table ${stream} is broken`)
    // Nobody fixes it in this run: the others must continue without it.
    if (stream !== 'scans' && random.chance(0.5)) return true
    later(random.spread(1_000, 6 * hourMs), () => {
      // Once faults have ended, what is broken permanently stays broken.
      if (!swarm.isActive) return
      warehouse.fault = null
      if (stream === 'scans') noteAway()
      story.tell('warehouse', `its table ${stream} is well`)
    })
    return true
  })
  happens('clock_drift', dayMs, () => {
    if (world.machines.workers.size === 0) return false
    const { actor } = anyWorker()
    world.machines.setClock(actor, actor.clockAheadMs + random.spread(1_000, minuteMs))
    return true
  })
  happens('disk_full', dayMs, () => {
    if (world.isDiskFull) return false
    world.isDiskFull = true
    world.lastAwayMs = Infinity
    story.tell('disk', 'is full')
    later(random.spread(1_000, 3 * hourMs), () => {
      world.isDiskFull = false
      noteAway()
      story.tell('disk', 'has room')
    })
    return true
  })
  happens('warehouse_replaced', dayMs, () => {
    warehouse.replace(time.nowMs)
    noteAway()
    story.tell('warehouse', 'is another one')
    return true
  })
  happens('deploy', dayMs, () => {
    noteAway()
    for (const worker of world.machines.workers) world.machines.replace(worker)
    return true
  })
  startOperator(world, happens)
}
