import type { FetchRule } from './fetch-rule.ts'
import { rateOfStep, priceOfStep, stepOfPrice, type RuleBook } from './rule-book.ts'

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
const listHoursToTry: readonly number[] = Array.from(
  { length: 60 },
  (_, index) => shortestListHours * (longestListHours / shortestListHours) ** (index / 59),
)

/**
 * A source's rule where the list tells of its scans every so often: they are known half an interval late, and so is the call.
 */
function toldEvery(rule: FetchRule, ratePerHour: number, listHours: number): FetchRule {
  return {
    thresholds: rule.thresholds,
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

const costOf = (rule: FetchRule, price: number) => rule.callsPerHour * price + rule.waiting

const codesPerPage = 100

/** Calls for a pass so long after the last one. */
function pagesAfter(groups: readonly RateGroup[], list: ListOffer, listHours: number): number {
  if (!list.isSorted) return list.pages
  const changed = groups
    .filter(({ kind }) => kind === 'scans')
    .reduce((sum, { count, rateStep }) => sum + count * (1 - Math.exp(-rateOfStep(rateStep) * listHours)), 0)
  // As many pages as hold them, and the one on which the first unchanged code is seen.
  return Math.min(list.pages, Math.max(1, changed / codesPerPage + 0.5))
}

function offerAt(book: RuleBook, groups: readonly RateGroup[], list: ListOffer, priceStep: number): Offer {
  const rules = groups.map(({ rateStep, weightStep, kind }) => ({
    ratePerHour: rateOfStep(rateStep),
    price: priceOfStep(priceStep - weightStep),
    weight: priceOfStep(weightStep),
    told: book.rule(rateStep, priceStep - weightStep, kind === 'scans' ? 'told' : 'told_whole'),
    blind: book.rule(rateStep, priceStep - weightStep, kind === 'scans' ? 'expected' : 'expected_whole'),
  }))
  const { tells, longestHours } = list
  const price = priceOfStep(priceStep)
  const at = (listHours: number | null): Offer & { cost: number } => {
    const callsPerHour = {
      list: listHours === null ? 0 : pagesAfter(groups, list, listHours) / listHours,
      scans: 0,
      analytics: 0,
    }
    let cost = callsPerHour.list * price
    let waiting = 0
    groups.forEach(({ count, kind }, index) => {
      const source = rules[index]
      if (source === undefined) return
      let best = source.blind
      if (listHours !== null) {
        const told = toldEvery(source.told, source.ratePerHour, listHours)
        if (costOf(told, source.price) < costOf(best, source.price)) best = told
      }
      callsPerHour[kind] += best.callsPerHour * count
      cost += costOf(best, source.price) * source.weight * count
      if (kind === 'scans') waiting += best.waiting * count
    })
    const listPages = callsPerHour.list * (listHours ?? 0)
    return { priceStep, listHours, listPages, callsPerHour, waiting, cost }
  }
  const allowed = listHoursToTry.filter((hours) => longestHours === null || hours <= longestHours)
  const tried = tells ? (allowed.length > 0 ? allowed : [longestHours ?? shortestListHours]) : []
  const offers = tried.map(at)
  if (!tells || longestHours === null) offers.push(at(null))
  return offers.reduce((best, offer) => (offer.cost < best.cost ? offer : best))
}

const lowestPriceStep = stepOfPrice(1e-5)
const highestPriceStep = stepOfPrice(1e7)

/**
 * The price of a call at which the calls worth making are as many as there are: the lowest one whose offer stays within
 * `callsPerHour`. Found from the last price in doubling steps, for it seldom moves far.
 */
export function solvePrice(
  book: RuleBook,
  groups: readonly RateGroup[],
  list: ListOffer,
  callsPerHour: number,
  lastPriceStep = stepOfPrice(10),
): Offer {
  const fits = ({ callsPerHour: calls }: Offer) => calls.list + calls.scans + calls.analytics <= callsPerHour
  let offer = offerAt(book, groups, list, lastPriceStep)
  // `high` fits, `low` does not.
  let low = lastPriceStep
  let high = lastPriceStep
  if (fits(offer))
    for (let step = 1; fits(offer) && low > lowestPriceStep; step *= 2) {
      high = low
      low = Math.max(low - step, lowestPriceStep)
      offer = offerAt(book, groups, list, low)
      if (fits(offer) && low === lowestPriceStep) return offer
    }
  else
    for (let step = 1; !fits(offer); step *= 2) {
      low = high
      if (high === highestPriceStep) return offer
      high = Math.min(high + step, highestPriceStep)
      offer = offerAt(book, groups, list, high)
    }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(offerAt(book, groups, list, middle))) high = middle
    else low = middle
  }
  return offerAt(book, groups, list, high)
}
