import type { SliceResult } from '../contract.ts'
import { noteStop } from './note-stop.ts'
import type { ActivityDeps } from '../deps.ts'

/** Calls side by side: enough to keep a distant API busy, few enough to lose little in a crash. */
export const allLanes = 8

/**
 * Does pieces of work side by side until there are none or it is over. What fails on its own (a code) is kept with its target,
 * and the others go on. Where no more calls may be made, the wait is noted. Only what concerns the whole account stops all
 * lanes, between pages and never in the middle of one.
 */
export async function inLanes<Piece>(
  deps: ActivityDeps,
  pieces: Piece[],
  result: SliceResult,
  { isOver, lanes = allLanes }: { isOver: () => boolean; lanes?: number },
  work: (piece: Piece, mustStop: () => boolean) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const mustStop = () => failures.length > 0 || isOver()
  const lane = async (): Promise<void> => {
    while (!mustStop()) {
      const piece = pieces.shift()
      if (piece === undefined) return
      try {
        await work(piece, mustStop)
      } catch (error) {
        try {
          noteStop(deps, error, result)
        } catch (permanent) {
          failures.push(permanent)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (failures.length > 0) throw failures[0]
}
