import { Commands } from './commands.ts'
import { minuteMs } from './durations.ts'
import type { World } from './world.ts'

/**
 * A worker freezes while it writes to a warehouse. Its batch may be reported when another worker has replaced
 * it, and when another warehouse has replaced the one that it wrote to.
 */
export function freezeAtWrite(world: World, name: string): void {
  const { story, time } = world
  const actor = time.actor()
  const warehouse = world.warehouses().get(name)
  if (actor === null || warehouse === undefined || !world.swarm.happens('freeze_at_write')) return
  const random = world.random.of(`freeze ${time.steps}`)
  const forMs = random.spread(1_000, minuteMs)
  story.tell(actor.name, `stands still for ${forMs} ms while it writes`)
  actor.frozenUntilMs = time.nowMs + forMs
  if (random.chance(0.7)) return
  story.tell('warehouse', `${name} is another one`)
  warehouse.replace(time.nowMs)
  world.lastAwayMs = time.nowMs
}

/**
 * Somebody empties a warehouse while rows are written to it, and has it filled again (`deliver --resend`): rows
 * that were written before are gone, and their outcomes may be reported before the command or after it.
 */
export function emptyAtWrite(world: World, name: string): void {
  const { story, swarm, time } = world
  const warehouse = world.warehouses().get(name)
  if (warehouse === undefined || warehouse.isEmptied || !swarm.happens('emptied_at_write')) return
  const commands = new Commands(world)
  story.tell('warehouse', `${name} is emptied`)
  warehouse.empty()
  const refill = () => {
    story.tell('operator', `deliver --resend to ${name}`)
    return commands.refill(name)
  }
  time.after(world.random.of(`empty ${time.steps}`).spread(1, 30_000), refill, null)
}
