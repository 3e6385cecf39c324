/**
 * Resolves once the process is told to stop. From then on it is not told again: npm hands on the Ctrl-C that the terminal has
 * sent to all of us already, and the second would end us in the middle of what the first has us finish.
 *
 * Before this is called there is nothing to bring to an end, and a signal may end the process as usual.
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
