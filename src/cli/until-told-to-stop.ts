/**
 * Resolves once the process receives a stop signal. Later signals are ignored: npm forwards the Ctrl-C that the
 * terminal has already sent to all processes, and the second one would interrupt the work that the first one
 * lets us finish.
 *
 * Before the first call there is nothing to finish, and a signal may end the process as usual.
 */
export function untilToldToStop(): Promise<void> {
  return new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        resolve()
      })
    }
  })
}
