import type { Wait } from '../../src/budget/windows.ts'

/** No call may be made now. No failure: whoever asked stops, and says until when. */
export class CallsSpent extends Error {
  override readonly name = 'CallsSpent'
  readonly wait: Wait
  constructor(wait: Wait) {
    super(`no call before ${new Date(wait.untilMs).toISOString()} (${wait.reason})`)
    this.wait = wait
  }
}
