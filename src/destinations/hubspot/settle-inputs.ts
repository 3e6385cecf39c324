/** What became of some of the inputs of one call, by their keys. */
export interface Verdicts<Result> {
  done: ReadonlyMap<string, Result>
  /** Never taken as they are, with the vendor's reason. */
  refused: ReadonlyMap<string, string>
  /** May be taken when sent again. */
  passing: ReadonlyMap<string, Passing>
  /** Why the answer does not say more of the others; null where it gives no reason, which is never success. */
  reason: string | null
}

export interface Passing {
  /** The vendor's. */
  reason: string
  /** It is a fault of the vendor's, never of the input: the same once more is still no refusal. */
  isSure: boolean
}

export interface Settled<Result> {
  done: Map<string, Result>
  refused: Map<string, string>
}

/** Some inputs are not settled, and may be when sent again later. */
export class NotSettled extends Error {
  override readonly name = 'NotSettled'
}

/** So many inputs of which an answer says nothing, and none that went well: it is the vendor who is ill, not the rows. */
const unansweredToGiveUp = 2

/**
 * Sends inputs until each is done or refused. Those of which an answer says nothing are sent again: without the others where
 * it said something of these, else in halves, so that one that spoils all is found in about 2 log2(n) calls.
 *
 * @param send one call; what it throws ends it all
 * @throws NotSettled
 */
export async function settleInputs<Input extends { key: string }, Result extends object | string>(
  inputs: readonly Input[],
  send: (inputs: readonly Input[]) => Promise<Verdicts<Result>>,
): Promise<Settled<Result>> {
  const settled: Settled<Result> = { done: new Map(), refused: new Map() }
  const unanswered: string[] = []
  const again = await settleOnce(inputs)
  // Once more at once: that is cheaper than to have the whole batch come again.
  const still = await settleOnce([...again.keys()])
  for (const [{ key }, { reason, isSure }] of still) {
    if (isSure) throw new NotSettled(reason)
    settled.refused.set(key, reason)
  }
  if (unanswered.length > 0 && settled.done.size === 0) throw new NotSettled(silence)
  for (const key of unanswered) settled.refused.set(key, silence)
  return settled

  async function settleOnce(all: readonly Input[]) {
    const again = new Map<Input, Passing>()
    const groups = [all]
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      if (group.length === 0) continue
      const { done, refused, passing, reason } = await send(group)
      const open: Input[] = []
      for (const input of group) {
        const { key } = input
        const result = done.get(key)
        const why = refused.get(key)
        const whyNow = passing.get(key)
        if (result !== undefined) settled.done.set(key, result)
        else if (why !== undefined) settled.refused.set(key, why)
        else if (whyNow !== undefined) again.set(input, whyNow)
        else open.push(input)
      }
      if (open.length < group.length) groups.push(open)
      else if (open.length > 1) {
        const middle = Math.ceil(open.length / 2)
        groups.push(open.slice(middle), open.slice(0, middle))
      } else for (const { key } of open) takeAsRefused(key, reason)
    }
    return again
  }

  function takeAsRefused(key: string, reason: string | null) {
    if (reason !== null) {
      settled.refused.set(key, reason)
      return
    }
    unanswered.push(key)
    if (unanswered.length >= unansweredToGiveUp && settled.done.size === 0) throw new NotSettled(silence)
  }
}

const silence = 'HubSpot answered, but did not say what became of it'
