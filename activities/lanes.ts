import type { SliceResult } from './contract.ts'
import { CallsSpent } from './metered-call.ts'

/** Calls side by side: enough to keep a distant API busy, few enough to lose little in a crash. */
const lanes = 8

/**
 * Does pieces of work side by side until there are none or it is over. Where no more calls may be made, the wait is noted. A
 * lane that fails stops the others between pages, never in the middle of one.
 */
export async function inLanes<Piece>(
  pieces: Piece[],
  result: SliceResult,
  isOver: () => boolean,
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
        if (!(error instanceof CallsSpent)) failures.push(error)
        // What is left may still be for the others: the next plan knows.
        else if (error.wait.reason !== 'kept') result.wait = error.wait
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (failures.length > 0) throw failures[0]
}
