import { Commands } from './commands.ts'
import { minuteMs } from '../durations.ts'
import type { WarehouseModel } from '../destinations/warehouse-model.ts'
import type { World } from '../world.ts'

/**
 * A worker freezes while it writes to a warehouse. Its batch may be reported when another worker has replaced
 * it, and when another warehouse has replaced the one that it wrote to.
 */
export function freezeAtWrite(world: World, warehouse: WarehouseModel): void {
  const { story, time } = world
  const actor = time.actor()
  if (actor === null || !world.swarm.happens('freeze_at_write')) return
  const random = world.random.of(`freeze ${time.steps}`)
  const forMs = random.spread(1_000, minuteMs)
  story.tell(actor.name, `stands still for ${forMs} ms while it writes`)
  actor.frozenUntilMs = time.nowMs + forMs
  if (random.chance(0.7)) return
  story.tell('warehouse', `${warehouse.name} is another one`)
  warehouse.replace(time.nowMs)
  world.lastAwayMs = time.nowMs
}

/**
 * Somebody empties a warehouse while rows are written to it, and has it filled again (`deliver --resend`): rows
 * that were written before are gone, and their outcomes may be reported before the command or after it.
 */
export function emptyAtWrite(world: World, warehouse: WarehouseModel): void {
  const { story, swarm, time } = world
  if (warehouse.isEmptied || !swarm.happens('emptied_at_write')) return
  const commands = new Commands(world)
  story.tell('warehouse', `${warehouse.name} is emptied`)
  warehouse.empty()
  const refill = () => {
    story.tell('operator', `deliver --resend to ${warehouse.name}`)
    return commands.refill(warehouse)
  }
  time.after(world.random.of(`empty ${time.steps}`).spread(1, 30_000), refill, null)
}

/** Some codes a warehouse never erases: that stays so when faults end. Others it erases at a later attempt. */
export function failsToErase({ random, swarm }: World, codeId: string): boolean {
  const rate = swarm.rates.get('erasure_fails') ?? 0
  if (rate === 0 || !random.of(`erase ${codeId}`).chance(rate / 2)) return swarm.happens('erasure_fails')
  swarm.count('erasure_fails')
  return true
}
