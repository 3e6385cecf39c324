const lastTurns = new Map<string, Promise<unknown>>()

/**
 * Runs `work` when all earlier work for the same place has ended. This excludes other work of our own process,
 * such as an abandoned attempt that still runs; the place itself handles other processes.
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
