import type { Likeness } from '../mapping/likeness.ts'

/** The results of some of the inputs of one call, by their keys. */
export interface Verdicts<Result> {
  done: ReadonlyMap<string, Result>
  /** Never accepted as they are, with the vendor's reason. */
  refused: ReadonlyMap<string, string>
  /** Possibly accepted when they are sent again. */
  passing: ReadonlyMap<string, Passing>
  /** Why the response says no more about the others; null if it gives no reason, which never means success. */
  reason: string | null
}

export interface Passing {
  /** The vendor's reason. */
  reason: string
  /** Whether the vendor is the cause, never the input: the same error again is still not a refusal. */
  isSure: boolean
}

export interface Settled<Result> {
  done: Map<string, Result>
  refused: Map<string, string>
  /**
   * Refused inputs that HubSpot has not judged alone: it refused them together with others that it refuses
   * alone.
   */
  untried: Set<string>
}

/** Some inputs are not settled, and may succeed when they are sent again later. */
export class NotSettled extends Error {
  override readonly name = 'NotSettled'
}

const silence = 'HubSpot answered, but did not say what became of it'

/** If a response says nothing about this many inputs, and none succeeded, the vendor is failing, not the rows. */
const unansweredToGiveUp = 2

/**
 * Sends inputs until each is done or refused, and yields the results call by call. Sends inputs again that a
 * response does not mention: without the others if it mentioned some of these, otherwise in halves, so that one
 * bad input is found in about 2 log2(n) calls.
 *
 * @param send makes one call; an error that it throws ends everything
 * @param likeness allows to stop halving if all inputs are refused for one reason; without it, every input is
 *   judged alone
 * @throws NotSettled
 */
export async function* settleAsTheyCome<Input extends { key: string }, Result extends object | string>(
  inputs: readonly Input[],
  send: (inputs: readonly Input[]) => Promise<Verdicts<Result>>,
  likeness?: Likeness,
): AsyncGenerator<Settled<Result>> {
  const seen = { hasDone: false }
  const unanswered: string[] = []
  const again = new Map<Input, Passing>()
  yield* sendAll(inputs, again)
  // Send them once more at once: that is cheaper than repeating the whole batch.
  const still = new Map<Input, Passing>()
  yield* sendAll([...again.keys()], still)
  const last = emptySettled<Result>()
  for (const [{ key }, { reason, isSure }] of still) {
    if (isSure) throw new NotSettled(reason)
    last.refused.set(key, reason)
  }
  if (unanswered.length > 0 && !seen.hasDone) throw new NotSettled(silence)
  for (const key of unanswered) last.refused.set(key, silence)
  if (last.refused.size > 0) yield last

  async function* sendAll(all: readonly Input[], passing: Map<Input, Passing>) {
    let groups: (readonly Input[])[] = [all]
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      if (group.length === 0) continue
      const verdicts = await sendTwiceIfDoubtful(group)
      const settled = emptySettled<Result>()
      const open = sortInto(settled, group, verdicts, passing)
      if (settled.done.size > 0) {
        seen.hasDone = true
        likeness?.accepted()
      }
      if (open.length < group.length) groups.push(open)
      else if (open.length > 1) {
        const next = likeness?.nextForBatch(verdicts.reason) ?? 'halve'
        if (next === 'refuse') refuseUntried(settled, open, verdicts.reason ?? '')
        else {
          groups.push(
            ...(next === 'halve' ? halvesOf(open) : sampleOf(open, next === 'probe' ? 1 : undefined)),
          )
        }
      } else if (verdicts.reason === null) takeAsUnanswered(open)
      else for (const { key } of open) settled.refused.set(key, verdicts.reason)
      if (group.length === 1) groups = afterOne(settled, groups)
      if (settled.done.size + settled.refused.size > 0) yield settled
    }
  }

  /**
   * Sends an input with a temporary refusal once more at once: the result shows whether others are affected
   * too.
   */
  async function sendTwiceIfDoubtful(group: readonly Input[]): Promise<Verdicts<Result>> {
    const first = await send(group)
    const [passing] = first.passing.values()
    if (group.length > 1 || passing === undefined || passing.isSure) return first
    const second = await send(group)
    const refused = new Map(second.refused)
    for (const [key, { reason, isSure }] of second.passing) if (!isSure) refused.set(key, reason)
    return { ...second, refused }
  }

  /** @returns what is still to be sent */
  function afterOne(settled: Settled<Result>, groups: (readonly Input[])[]): (readonly Input[])[] {
    const [reason] = settled.refused.values()
    if (likeness === undefined || reason === undefined) return groups
    likeness.refusedAlone(reason)
    if (likeness.isShown) {
      refuseUntried(settled, groups.flat(), reason)
      return []
    }
    if (!likeness.needsSample) return groups
    return sampleOf(groups.flat())
  }

  /** Puts single inputs on top at random, and the rest below. */
  function sampleOf(open: readonly Input[], wanted?: number): (readonly Input[])[] {
    const { alone, rest } = likeness?.sample(open, wanted) ?? { alone: [], rest: open }
    return [rest, ...alone.map((input) => [input])]
  }

  function refuseUntried(settled: Settled<Result>, open: readonly Input[], reason: string) {
    const times = likeness?.alone ?? 0
    for (const { key } of open) {
      settled.refused.set(
        key,
        `${reason} (not sent alone: HubSpot refused it together with others, and ${times} of these alone, all for this reason; it is sent again in a day)`,
      )
      settled.untried.add(key)
    }
  }

  function takeAsUnanswered(open: readonly Input[]) {
    unanswered.push(...open.map(({ key }) => key))
    if (unanswered.length >= unansweredToGiveUp && !seen.hasDone) throw new NotSettled(silence)
  }
}

/** @returns inputs that the response does not mention */
function sortInto<Input extends { key: string }, Result>(
  settled: Settled<Result>,
  group: readonly Input[],
  { done, refused, passing }: Verdicts<Result>,
  again: Map<Input, Passing>,
): Input[] {
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
  return open
}

/** The first half is on top. */
function halvesOf<Input>(open: readonly Input[]): (readonly Input[])[] {
  const middle = Math.ceil(open.length / 2)
  return [open.slice(middle), open.slice(0, middle)]
}

/** Like {@link settleAsTheyCome}, but returns everything at the end. */
export async function settleInputs<Input extends { key: string }, Result extends object | string>(
  inputs: readonly Input[],
  send: (inputs: readonly Input[]) => Promise<Verdicts<Result>>,
  likeness?: Likeness,
): Promise<Settled<Result>> {
  const all = emptySettled<Result>()
  for await (const { done, refused, untried } of settleAsTheyCome(inputs, send, likeness)) {
    for (const [key, result] of done) all.done.set(key, result)
    for (const [key, reason] of refused) all.refused.set(key, reason)
    for (const key of untried) all.untried.add(key)
  }
  return all
}

export function emptySettled<Result>(): Settled<Result> {
  return { done: new Map(), refused: new Map(), untried: new Set() }
}
