import type { CodeOfApi } from './api/api-model.ts'
import { dayMs, hourMs, minuteMs } from './durations.ts'
import { scrambled } from './api/odd-rows.ts'
import { atRandomTimes } from './machines/random-times.ts'
import type { World } from './world.ts'

/** Whatever happens, an owner renames a code sometimes, and visitors come in bursts. */
const renamesADay = 6
const burstsADay = 6
const burstMs = 5 * minuteMs

const newestOf = ({ scans }: CodeOfApi) => Math.max(0, ...scans.map(({ timeMs }) => timeMs))

/** In seeds with late scans, one comes last of all, so that only the manual sync at the end can bring it. */
export function bringLastLate({ api, random, swarm, time }: World): void {
  const codes = api.codes.filter(({ deletedMs, scans }) => deletedMs === null && scans.length > 0)
  if (!swarm.rates.has('late_scans') || codes.length === 0) return
  const code = random.of('last late').pickSkewed(codes)
  const scan = api.addScan(code, Math.max(code.createdMs, newestOf(code) - 1_000))
  scan.wasLate = scan.timeMs < time.nowMs
  scan.wasBehind = scan.timeMs < newestOf(code)
  swarm.count('late_scans')
}

/** The account's owner and visitors: codes and scans from before the connector, and new ones while it runs. */
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
    atRandomTimes({ time, random, periodMs: dayMs }, timesADay, happen)
  }

  /**
   * Adds another scan of the same millisecond, which is still the code's newest when that was collected long
   * ago.
   */
  const addTwinLater = (code: CodeOfApi, atMs: number) => {
    const add = () => {
      if (world.isOver || newestOf(code) !== atMs) return
      swarm.count('same_moment')
      api.addScan(code, atMs).wasLate = true
    }
    time.after(random.spread(minuteMs, hourMs), add, null)
  }

  let lastMs = 0
  every(
    // Visitors keep coming once faults have ended, and leave before the end of the run.
    () => (world.isOver ? 0 : setting.scansADay),
    () => {
      const code = random.pickSkewed(live())
      // The millisecond of the code's own newest scan may have been collected long before.
      const momentMs = random.chance(0.5) ? lastMs : newestOf(code)
      const isSameMoment = momentMs > code.createdMs && random.chance(swarm.rate('same_moment'))
      const isLate = random.chance(swarm.rate('late_scans'))
      let atMs = time.nowMs
      if (isSameMoment) {
        swarm.count('same_moment')
        atMs = momentMs
      } else if (isLate) {
        swarm.count('late_scans')
        atMs = Math.max(time.nowMs - random.spread(1_000, 10 * dayMs), code.createdMs)
      }
      lastMs = atMs
      const isBehind = atMs < newestOf(code)
      const scan = api.addScan(code, atMs)
      scan.wasLate = atMs < time.nowMs
      scan.wasBehind = isBehind
      if (random.chance(swarm.rate('same_moment'))) addTwinLater(code, atMs)
      if (!random.chance(swarm.rate('odd_rows'))) return
      swarm.count('odd_rows')
      const { json } = scan
      scan.json = scrambled(json, random)
      scan.wasOdd = true
      // Some are never corrected.
      if (random.chance(0.3)) return
      time.after(
        random.spread(minuteMs, dayMs),
        () => {
          scan.json = json
        },
        null,
      )
    },
  )
  every(
    () => swarm.rate('code_deleted'),
    () => {
      const code = random.pick(live())
      if (live().length < 2) return
      swarm.count('code_deleted')
      code.deletedMs = time.nowMs
      code.wasDeleted = true
      code.updatedMs = time.nowMs
      if (random.chance(0.5)) return
      const restore = () => {
        // The last manual sync would not see it.
        if (world.isOver) return
        code.deletedMs = null
        code.updatedMs = time.nowMs
      }
      time.after(random.spread(minuteMs, dayMs), restore, null)
    },
  )
  every(
    () => swarm.rate('counts_fall'),
    () => {
      const code = random.pickSkewed(live())
      if (code.scans.length === 0) return
      swarm.count('counts_fall')
      code.forgotten = Math.min(code.forgotten + random.between(1, code.scans.length), code.scans.length)
    },
  )
  every(
    () => swarm.rate('month_spent'),
    () => {
      const { windows } = api
      const left = setting.limits.perMonth - windows.callsThisMonth
      if (left < 100) return
      swarm.count('month_spent')
      windows.spendEarlier(left - random.pick([0, 1, 10, 60]))
    },
  )
  const rename = () => {
    const code = random.pick(live())
    code.name = `${code.name}+`
    code.updatedMs = time.nowMs
  }
  every(
    () => swarm.rate('code_renamed'),
    () => {
      swarm.count('code_renamed')
      rename()
    },
  )
  every(() => (world.isOver ? 0 : renamesADay), rename)
  every(
    () => (world.isOver ? 0 : burstsADay),
    () => {
      const code = random.pickSkewed(live())
      for (let scan = random.spread(2, 20); scan > 0; scan--) {
        const come = () => {
          if (code.deletedMs === null) api.addScan(code, time.nowMs)
        }
        time.after(random.between(1, burstMs), come, null)
      }
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
