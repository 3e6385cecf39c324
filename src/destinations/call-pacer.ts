/** So many calls in any `windowMs`. */
export interface CallWindow {
  /** As in "10 seconds", "day". */
  name: string
  windowMs: number
  calls: number
  /** If set, the window is a fixed one that begins then, such as a calendar day, and none that rolls. */
  fromMs?: number
}

/** Counts the calls to a vendor ahead of its limits, together with all workers that use the same account there. */
export interface CallPacer {
  /**
   * Takes a place for one call in each window, or in none.
   *
   * @param account names whose limits they are, without telling a secret
   * @returns 0 where the call may go now, else the milliseconds after which to ask again
   */
  take(account: string, windows: readonly CallWindow[]): Promise<number>
}
