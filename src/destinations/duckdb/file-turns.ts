const lastTurns = new Map<string, Promise<unknown>>()

/**
 * Runs `work` when everything asked for the same file before has ended. Without a primary key two MERGEs at once could
 * insert an id twice: the file's lock keeps other processes out, this the rest of our own, such as an attempt that
 * was given up but still runs.
 */
export function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const turn = (lastTurns.get(file) ?? Promise.resolve()).then(work)
  const ended = turn.then(
    () => undefined,
    () => undefined,
  )
  lastTurns.set(file, ended)
  void ended.then(() => {
    if (lastTurns.get(file) === ended) lastTurns.delete(file)
  })
  return turn
}
