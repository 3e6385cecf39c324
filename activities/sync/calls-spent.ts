import type { Wait } from '../../src/budget/windows.ts'

/** No call may be made now. This is not a failure: the slice ends, and returns the time until when. */
export class CallsSpent extends Error {
  override readonly name = 'CallsSpent'
  readonly wait: Wait
  constructor(wait: Wait) {
    super(`no call before ${new Date(wait.untilMs).toISOString()} (${wait.reason})`)
    this.wait = wait
  }
}
