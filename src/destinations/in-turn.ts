const lastTurns = new Map<string, Promise<unknown>>()

/**
 * Runs `work` when everything asked for the same place before has ended. Without an enforced primary key two MERGEs at
 * once could insert an id twice. This keeps out the rest of our own process, such as an attempt that was given up but
 * still runs; other processes are the destination's own business.
 *
 * @param place a file or table
 */
export function inTurn<T>(place: string, work: () => Promise<T>): Promise<T> {
  const turn = (lastTurns.get(place) ?? Promise.resolve()).then(work)
  const ended = turn.then(
    () => undefined,
    () => undefined,
  )
  lastTurns.set(place, ended)
  void ended.then(() => {
    if (lastTurns.get(place) === ended) lastTurns.delete(place)
  })
  return turn
}
