/** The most calls in any `windowMs`. */
export interface CallWindow {
  /** Such as "10 seconds" or "day". */
  name: string
  windowMs: number
  calls: number
  /** If set, the window is fixed and begins then, such as a calendar day. Otherwise it rolls. */
  fromMs?: number
}

/** Counts the calls to a vendor before they are sent, together with all workers that use the same account. */
export interface CallPacer {
  /**
   * Takes a slot for one call in each window, or in none.
   *
   * @param account names the account with the limits, without revealing a secret
   * @returns 0 if the call may be sent now, otherwise the milliseconds after which to try again
   */
  take(account: string, windows: readonly CallWindow[]): Promise<number>
}
