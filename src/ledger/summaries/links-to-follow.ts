import type { DeliveryKey } from '../deliveries/batch.ts'
import type { Delivery } from '../deliveries/deliveries.ts'
import type { Ledger } from '../base/schema.ts'
import { hasDueLooks, hasLooksSince } from './link-keys.ts'
import { readFloor } from './linked-pairs.ts'

/**
 * Whether a stream of links has something to do although nothing new has landed: a record that codes name may
 * have been created since the last lookup, or a lookup found it in a pass that did not come to its end.
 *
 * @param deliveries to its destination, by stream
 */
export async function hasLinksToFollow(
  ledger: Ledger,
  key: DeliveryKey,
  deliveries: ReadonlyMap<string, Delivery>,
  nowMs: number,
): Promise<boolean> {
  if (key.stream !== 'link_summaries' && key.stream !== 'link_codes' && key.stream !== 'link_scans') {
    return false
  }
  if (key.stream === 'link_scans' && (await hasScansToFollow(ledger, key, deliveries))) return true
  const drainedAtMs = deliveries.get(key.stream)?.drainedAtMs ?? 0
  return (await hasDueLooks(ledger, key, nowMs)) || hasLooksSince(ledger, key, drainedAtMs)
}

/** Whether scans were delivered that the last pass over linked scans could not write yet. */
async function hasScansToFollow(
  ledger: Ledger,
  key: DeliveryKey,
  deliveries: ReadonlyMap<string, Delivery>,
): Promise<boolean> {
  const scans = deliveries.get('scans')
  return scans !== undefined && (await readFloor(ledger, key)) < scans.watermarkSeq
}
