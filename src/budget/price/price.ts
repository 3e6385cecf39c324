import { rowsPerPage } from '../../model/api-profile.ts'
import { roughOutcome, type WaitingKind } from './fetch-rule.ts'
import { rateOfStep, priceOfStep, stepOfPrice, type RuleBook } from './rule-book.ts'
import type { RuleOutcome } from './rule-outcome.ts'

/** Sources with the same rate: codes whose scans, or whose analytics, wait for a call. */
export interface RateGroup {
  rateStep: number
  /** The weight of one of their waiting scans, as a step of the price: a call is that much cheaper for them. */
  weightStep: number
  count: number
  kind: 'scans' | 'analytics'
}

export interface ListOffer {
  /** Calls for a pass over all codes. */
  pages: number
  /** Whether a pass need only read the codes that were scanned since the last one. */
  isSorted: boolean
  /** Whether a pass shows which codes have new scans. */
  tells: boolean
  /** The longest interval between passes that freshness targets allow; null without targets. */
  longestHours: number | null
}

/** The best calls at one price. */
export interface Offer {
  priceStep: number
  /** Hours between list passes on average; null if the list is not worth its calls. */
  listHours: number | null
  /** Calls that such a pass needs. */
  listPages: number
  callsPerHour: { list: number; scans: number; analytics: number }
  /** Waiting scans, on average. */
  waiting: number
}

const shortestListHours = 1 / 60
const longestListHours = 14 * 24
const stride = 4
/** Close enough to each other that the next one does not leave a tenth of the calls unused. */
const listHoursToTry: readonly number[] = Array.from(
  { length: 160 },
  (_, index) => shortestListHours * (longestListHours / shortestListHours) ** (index / 159),
)

/**
 * Returns a source's outcome if the list reports its scans at intervals: they are known half an interval late,
 * and so the call is late too.
 */
function toldEvery(rule: RuleOutcome, ratePerHour: number, listHours: number): RuleOutcome {
  return {
    callsPerHour: 1 / (1 / rule.callsPerHour + listHours / 2),
    waiting: rule.waiting + (ratePerHour * listHours) / 2,
  }
}

/** Whether it is better for a source to wait for the list than to rely on its rate. */
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

/** Returns the calls for a pass this long after the last one. */
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
  // The pages that contain the changed codes, and the one with the first unchanged code.
  return Math.min(list.pages, Math.max(1, changed / rowsPerPage + 0.5))
}

/** Returns the outcome of a rule, by step of rate and price. */
type Outcomes = (rateStep: number, priceStep: number, kind: WaitingKind) => RuleOutcome

/** Returns the best calls at a price. Analytics are only requested after known scans. */
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
  // Try every few of them first, and then those around the best.
  const roughly = cheapest(hours.filter((_, index) => index % stride === 0)).listHours ?? longestListHours
  const near = hours.indexOf(roughly)
  const closer = hours.slice(Math.max(near - stride, 0), near + stride + 1)
  return cheapest(longestHours === null ? [...closer, null] : [...closer, longestHours])
}

const lowestPriceStep = stepOfPrice(1e-5)
const highestPriceStep = stepOfPrice(1e7)
/**
 * A price at which this share of the calls is used is good enough: steps of three per cent may have no better
 * one.
 */
const goodUse = 0.97

const allCallsOf = ({ callsPerHour: calls }: Offer) => calls.list + calls.scans + calls.analytics

/**
 * Finds the price at which the calls worth making equal the available ones: the lowest price whose offer stays
 * within `callsPerHour`. Each price needs dozens of rules. So this tries the last price first, and makes the
 * next guess with rules of even days, corrected by their error at the last price.
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
    // List intervals have steps too: if no neighbour is better, the last price still applies.
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

/**
 * Finds the lowest price whose offer fits, or one that is good enough: doubles its steps from a first guess,
 * and then halves them.
 */
function lowestFitting(offerOf: (step: number) => Offer, callsPerHour: number, guess: number): Offer {
  // `low` does not fit, `high` does.
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
