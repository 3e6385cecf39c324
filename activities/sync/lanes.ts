import type { ActivityDeps } from '../deps.ts'
import type { Slice } from './slice.ts'

/** Parallel calls: enough to keep a distant API busy, few enough to lose little in a crash. */
export const allLanes = 8

/**
 * Processes pieces of work in parallel until none is left or the slice is over. A failing piece (a code) does
 * not stop the others. A failure of the whole account stops all lanes between pages.
 */
export async function inLanes<Piece>(
  { clock }: Pick<ActivityDeps, 'clock'>,
  slice: Slice,
  lanes: number,
  pieces: readonly Piece[],
  work: (piece: Piece) => Promise<void>,
): Promise<void> {
  const left = pieces.values()
  const lane = async (): Promise<void> => {
    while (!slice.isOver) {
      const { value: piece, done } = left.next()
      if (done) return
      try {
        await work(piece)
      } catch (error) {
        slice.pieceEnded(error, clock.now())
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
