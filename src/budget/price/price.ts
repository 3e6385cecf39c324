import { rowsPerPage } from '../../model/page-size.ts'
import { roughOutcome, type WaitingKind } from './fetch-rule.ts'
import { rateOfStep, priceOfStep, stepOfPrice, type RuleBook } from './rule-book.ts'
import type { RuleOutcome } from './rule-outcome.ts'

/** Sources of one rate: codes whose scans, or whose analytics, wait for a call. */
export interface RateGroup {
  rateStep: number
  /** What a waiting scan of theirs counts for, as a step of the price: a call is that much cheaper for them. */
  weightStep: number
  count: number
  kind: 'scans' | 'analytics'
}

export interface ListOffer {
  /** Calls for a pass over all codes. */
  pages: number
  /** Whether a pass need only read the codes that were scanned since the last one. */
  isSorted: boolean
  /** Whether a pass tells which codes have new scans. */
  tells: boolean
  /** Passes may not be further apart, for the sake of freshness targets; null without any. */
  longestHours: number | null
}

/** What is best at one price. */
export interface Offer {
  priceStep: number
  /** Hours between list passes on average; null where the list is not worth its calls. */
  listHours: number | null
  /** Calls that such a pass takes. */
  listPages: number
  callsPerHour: { list: number; scans: number; analytics: number }
  /** Scans that wait, on average. */
  waiting: number
}

const shortestListHours = 1 / 60
const longestListHours = 14 * 24
const stride = 4
/** Near enough to each other that the next one does not leave a tenth of the calls unused. */
const listHoursToTry: readonly number[] = Array.from(
  { length: 160 },
  (_, index) => shortestListHours * (longestListHours / shortestListHours) ** (index / 159),
)

/**
 * A source's rule where the list tells of its scans every so often: they are known half an interval late, and so is the call.
 */
function toldEvery(rule: RuleOutcome, ratePerHour: number, listHours: number): RuleOutcome {
  return {
    callsPerHour: 1 / (1 / rule.callsPerHour + listHours / 2),
    waiting: rule.waiting + (ratePerHour * listHours) / 2,
  }
}

/** Whether a source does better to wait for the list than to count on its rate. */
export function isBetterTold(
  book: RuleBook,
  { rateStep, weightStep }: Pick<RateGroup, 'rateStep' | 'weightStep'>,
  priceStep: number,
  listHours: number | null,
): boolean {
  if (listHours === null) return false
  const step = priceStep - weightStep
  const told = toldEvery(book.rule(rateStep, step, 'told'), rateOfStep(rateStep), listHours)
  const blind = book.rule(rateStep, step, 'expected')
  const price = priceOfStep(step)
  return costOf(told, price) < costOf(blind, price)
}

const costOf = (rule: RuleOutcome, price: number) => rule.callsPerHour * price + rule.waiting

/** Calls for a pass so long after the last one. */
export function pagesAfter(
  groups: readonly RateGroup[],
  list: Pick<ListOffer, 'pages' | 'isSorted'>,
  listHours: number,
): number {
  if (!list.isSorted) return list.pages
  let changed = 0
  for (const { count, rateStep, kind } of groups) {
    if (kind === 'scans') changed += count * (1 - Math.exp(-rateOfStep(rateStep) * listHours))
  }
  // As many pages as hold them, and the one on which the first unchanged code is seen.
  return Math.min(list.pages, Math.max(1, changed / rowsPerPage + 0.5))
}

/** What a rule comes to, by step of rate and price. */
type Outcomes = (rateStep: number, priceStep: number, kind: WaitingKind) => RuleOutcome

/** What is best at a price. Analytics are only asked for after scans that we know of. */
function offerAt(
  outcomeOf: Outcomes,
  groups: readonly RateGroup[],
  list: ListOffer,
  priceStep: number,
): Offer {
  const { tells, longestHours } = list
  const price = priceOfStep(priceStep)
  const sources = groups.map(({ rateStep, weightStep, count, kind }) => {
    const step = priceStep - weightStep
    const isScans = kind === 'scans'
    const blind = outcomeOf(rateStep, step, isScans ? 'expected' : 'told_whole')
    const told = isScans && tells ? outcomeOf(rateStep, step, 'told') : null
    return { ratePerHour: rateOfStep(rateStep), price: priceOfStep(step), count, kind, told, blind }
  })
  const at = (listHours: number | null): Offer & { cost: number } => {
    const listPages = listHours === null ? 0 : pagesAfter(groups, list, listHours)
    const callsPerHour = { list: listHours === null ? 0 : listPages / listHours, scans: 0, analytics: 0 }
    let cost = callsPerHour.list * price
    let waiting = 0
    for (const { told, blind, ratePerHour, price: ofSource, count, kind } of sources) {
      let best = blind
      let bestCost = costOf(blind, ofSource)
      if (told !== null && listHours !== null) {
        const late = toldEvery(told, ratePerHour, listHours)
        const lateCost = costOf(late, ofSource)
        if (lateCost < bestCost) [best, bestCost] = [late, lateCost]
      }
      callsPerHour[kind] += best.callsPerHour * count
      cost += bestCost * (price / ofSource) * count
      if (kind === 'scans') waiting += best.waiting * count
    }
    return { priceStep, listHours, listPages, callsPerHour, waiting, cost }
  }
  const cheapest = (each: readonly (number | null)[]) =>
    each.map(at).reduce((best, offer) => (offer.cost < best.cost ? offer : best))
  if (!tells) return at(null)
  const hours =
    longestHours === null
      ? listHoursToTry
      : [...listHoursToTry.filter((each) => each < longestHours), longestHours]
  // In strides first, then around the best of these.
  const roughly = cheapest(hours.filter((_, index) => index % stride === 0)).listHours ?? longestListHours
  const near = hours.indexOf(roughly)
  const closer = hours.slice(Math.max(near - stride, 0), near + stride + 1)
  return cheapest(longestHours === null ? [...closer, null] : [...closer, longestHours])
}

const lowestPriceStep = stepOfPrice(1e-5)
const highestPriceStep = stepOfPrice(1e7)
/** A price at which so much of the calls is used is good enough: a better one may be none of a step's three per cent. */
const goodUse = 0.97

const allCallsOf = ({ callsPerHour: calls }: Offer) => calls.list + calls.scans + calls.analytics

/**
 * The price of a call at which the calls worth making are as many as there are: the lowest one whose offer stays within
 * `callsPerHour`. Each price that is looked at has dozens of rules to be worked out. So the last one is tried first, and the
 * next guess is made with rules of even days, by how much they were wrong about this one.
 */
export function solvePrice(
  book: RuleBook,
  groups: readonly RateGroup[],
  list: ListOffer,
  callsPerHour: number,
  lastPriceStep?: number,
): Offer {
  const exact = (step: number) => offerAt((...rule) => book.rule(...rule), groups, list, step)
  const rough = (step: number) => offerAt(roughOutcomes, groups, list, step)
  const start = lastPriceStep ?? lowestFitting(rough, callsPerHour, stepOfPrice(10)).priceStep
  const first = exact(start)
  if (isGood(first, callsPerHour)) return first
  if (lastPriceStep !== undefined) {
    // List intervals go in steps too: where none of its neighbours does better, the last price is still the one.
    const isFitting = allCallsOf(first) <= callsPerHour
    const neighbour = exact(
      isFitting ? Math.max(start - 1, lowestPriceStep) : Math.min(start + 1, highestPriceStep),
    )
    if (isFitting !== allCallsOf(neighbour) <= callsPerHour) return isFitting ? first : neighbour
  }
  const roughCalls = (callsPerHour * allCallsOf(rough(start))) / allCallsOf(first)
  return lowestFitting(exact, callsPerHour, lowestFitting(rough, roughCalls, start).priceStep)
}

const roughOutcomes: Outcomes = (rateStep, priceStep, kind) =>
  roughOutcome({ ratePerHour: rateOfStep(rateStep), price: priceOfStep(priceStep), kind })

function isGood(offer: Offer, callsPerHour: number): boolean {
  const calls = allCallsOf(offer)
  return calls <= callsPerHour && calls >= callsPerHour * goodUse
}

/** The lowest price whose offer fits, or one that is good enough: in doubling strides from a first guess, then by halves. */
function lowestFitting(offerOf: (step: number) => Offer, callsPerHour: number, guess: number): Offer {
  // Of `low` we know that it does not fit, of `high` that it does.
  let low = lowestPriceStep - 1
  let high = highestPriceStep + 1
  let best: Offer | undefined
  for (let step = guess, stride = 1; high - low > 1;) {
    const offer = offerOf(step)
    const isFitting = allCallsOf(offer) <= callsPerHour
    if (isFitting) {
      best = offer
      high = step
    } else low = step
    if (isGood(offer, callsPerHour)) break
    let next = isFitting ? step - stride : step + stride
    if (low >= lowestPriceStep && high <= highestPriceStep) next = Math.floor((low + high) / 2)
    step = Math.min(Math.max(next, low + 1), high - 1)
    stride *= 2
  }
  return best ?? offerOf(highestPriceStep)
}
