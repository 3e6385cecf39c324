import { concernsAll, ConnectorError } from '../../model/connector-error.ts'
import { dayMs } from '../../model/durations.ts'
import type { Ledger } from '../base/schema.ts'
import {
  dropErasures,
  noteErased,
  noteNotErased,
  readDueErasures,
  readErasureTargets,
  retryAfterMs,
  type ErasurePlace,
} from './erasures.ts'

/** A destination's own; see `Erasure`. */
interface ErasureThere {
  eraseCodes(qrCodeIds: readonly string[]): Promise<string>
}

interface ToEraseThere {
  erasure: ErasureThere
  qrCodeIds: readonly string[]
  now: () => number
}

/** A place that is away is asked for seldom: a delivery that finds it again does not wait for this. */
const lookAgainMs = dayMs
/** A failure that took this long is not repeated for each code: an activity has five minutes. */
const slowMs = 30_000
/** So many codes with the same problem, one after the other, are no coincidence. */
const alikeToStop = 3

/**
 * Erases codes in a destination, and notes the outcome. If it fails, in whatever way, a later delivery tries again; if the failure may be
 * that of one code, each is erased alone, so that the others are not kept. If the destination writes to another place by now, the codes
 * are erased there, and the erasure stays open: the first place may still have their rows.
 *
 * @returns why the codes are not erased everywhere; null if they are
 */
export async function eraseThere(
  ledger: Ledger,
  place: ErasurePlace,
  { erasure, qrCodeIds, now }: ToEraseThere,
): Promise<string | null> {
  let target: string
  const startedAtMs = now()
  try {
    target = await erasure.eraseCodes(qrCodeIds)
  } catch (error) {
    const isSlow = now() - startedAtMs > slowMs
    if (qrCodeIds.length > 1 && !isSlow && !concernsAll(error)) {
      return eraseEach(ledger, place, { erasure, qrCodeIds, now }, error)
    }
    // An unexpected one too, because other destinations and all deliveries continue.
    return notePostponed(ledger, place, qrCodeIds, { error, nowMs: now() })
  }
  const targets = await readErasureTargets(ledger, place, qrCodeIds)
  const isElsewhere = (id: string) => (targets.get(id) ?? target) !== target
  const elsewhere = qrCodeIds.filter(isElsewhere)
  const here = qrCodeIds.filter((id) => !isElsewhere(id))
  if (here.length > 0) await noteErased(ledger, place, here, now())
  let problem: string | null = null
  for (const [first, ids] of Map.groupBy(elsewhere, (id) => targets.get(id) ?? '')) {
    problem =
      `It writes to another place now (${target}), and erased the code there. The place before (${first}) may still have it: ` +
      'if it comes back, a delivery erases it. If it is gone for good, run "qrsync erase" again.'
    await noteNotErased(ledger, place, ids, { problem, dueAtMs: now() + lookAgainMs })
  }
  return problem
}

/**
 * Stops if one code after the other fails with the same problem, which is then one of the destination.
 *
 * @param error of all codes together
 * @returns the first problem
 */
async function eraseEach(
  ledger: Ledger,
  place: ErasurePlace,
  { erasure, qrCodeIds, now }: ToEraseThere,
  error: unknown,
): Promise<string | null> {
  let first: string | null = null
  let last: string | null = null
  let alike = 0
  for (const [index, id] of qrCodeIds.entries()) {
    if (alike >= alikeToStop) {
      await notePostponed(ledger, place, qrCodeIds.slice(index), { error, nowMs: now() })
      break
    }
    const problem = await eraseThere(ledger, place, { erasure, qrCodeIds: [id], now })
    alike = problem !== null && problem === last ? alike + 1 : 1
    last = problem
    first ??= problem
  }
  return first
}

/**
 * Erases the codes that a destination still has to erase. A delivery does so before it writes any row; if it fails,
 * rows are delivered all the same, and a later delivery tries again.
 *
 * @param erasure undefined for a type of destination that cannot erase
 * @param obstacle why the destination cannot be used now; null if it can
 */
export async function eraseDue(
  ledger: Ledger,
  place: ErasurePlace,
  {
    erasure,
    obstacle,
    now,
  }: { erasure: ErasureThere | undefined; obstacle: ConnectorError | null; now: () => number },
): Promise<void> {
  const qrCodeIds = await readDueErasures(ledger, place, now())
  if (qrCodeIds.length === 0) return
  if (erasure === undefined) await dropErasures(ledger, place, qrCodeIds)
  else if (obstacle !== null) await notePostponed(ledger, place, qrCodeIds, { error: obstacle, nowMs: now() })
  else await eraseThere(ledger, place, { erasure, qrCodeIds, now })
}

/** @returns why */
async function notePostponed(
  ledger: Ledger,
  place: ErasurePlace,
  qrCodeIds: readonly string[],
  { error, nowMs }: { error: unknown; nowMs: number },
): Promise<string> {
  const problem = problemOf(error)
  await noteNotErased(ledger, place, qrCodeIds, { problem, dueAtMs: nowMs + retryAfterMs })
  return problem
}

function problemOf(error: unknown): string {
  if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
