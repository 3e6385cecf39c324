import type { CodeOfApi } from './api-model.ts'
import { dayMs, hourMs } from './durations.ts'
import type { World } from './world.ts'

/** The account's owner and visitors: codes and scans from before the connector, and what comes while it works. */
export function startTraffic(world: World): void {
  const { api, setting, swarm, time } = world
  const random = world.random.of('traffic')
  const codes = Array.from({ length: setting.codes }, () =>
    api.addCode(world.startMs - random.between(1, 200) * dayMs),
  )
  for (let scan = 0; scan < setting.history; scan++) {
    const code = random.pickSkewed(codes)
    api.addScan(code, random.between(code.createdMs, world.startMs))
  }

  const live = (): CodeOfApi[] => api.codes.filter(({ deletedMs }) => deletedMs === null)
  const every = (timesADay: () => number, happen: () => void) => {
    const next = () => {
      const rate = timesADay()
      if (rate === 0) return
      const waitMs = Math.ceil((-Math.log(1 - random.next()) * dayMs) / rate)
      time.after(
        waitMs,
        () => {
          // What was on its way when the rate fell to nothing does not come any more.
          if (timesADay() > 0) happen()
          next()
        },
        null,
      )
    }
    next()
  }

  let lastMs = 0
  every(
    // Visitors keep coming once faults have ended, and leave before the end of the run.
    () => (world.isOver ? 0 : setting.scansADay),
    () => {
      const code = random.pickSkewed(live())
      const isSameMoment = lastMs > code.createdMs && random.chance(swarm.rate('same_moment'))
      const isLate = random.chance(swarm.rate('late_scans'))
      let atMs = time.nowMs
      if (isSameMoment) {
        swarm.count('same_moment')
        atMs = lastMs
      } else if (isLate) {
        swarm.count('late_scans')
        atMs = Math.max(time.nowMs - random.spread(1_000, 10 * dayMs), code.createdMs)
      }
      lastMs = atMs
      api.addScan(code, atMs)
    },
  )
  every(
    () => swarm.rate('code_deleted'),
    () => {
      const code = random.pick(live())
      if (live().length < 2) return
      swarm.count('code_deleted')
      code.deletedMs = time.nowMs
      code.updatedMs = time.nowMs
    },
  )
  every(
    () => swarm.rate('code_renamed'),
    () => {
      const code = random.pick(live())
      swarm.count('code_renamed')
      code.name = `${code.name}+`
      code.updatedMs = time.nowMs
    },
  )
  every(
    () => (world.isOver ? 0 : 0.5),
    () => {
      api.addCode(time.nowMs)
    },
  )
  every(
    () => (swarm.rate('others') * dayMs) / hourMs,
    () => {
      swarm.count('others')
      api.windows.admit({ isOurs: false })
    },
  )
}
