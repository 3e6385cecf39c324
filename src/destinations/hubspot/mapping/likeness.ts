/**
 * If this many rows in sequence are refused one by one for the same reason, and none is accepted in between,
 * the reason concerns all rows.
 */
const enoughAlone = 8
/**
 * The number of rows if HubSpot accepted others a short time ago, because then the reason concerns only some
 * rows.
 */
const enoughAfterSuccess = 30
/** After this many, the others are sampled at random instead of being halved further. */
const sampledFrom = 2
/**
 * While all rows are refused for one reason, one row of each group of this many batches is sent alone, to see
 * whether that is still true.
 */
const batchesPerProbe = 10
/** Older observations say nothing about the current rows. */
const validForMs = 10 * 60_000

/** What to do with a batch that is refused without naming rows. */
type Next = 'halve' | 'sample' | 'probe' | 'refuse'

/**
 * Remembers, for one object in HubSpot, whether all rows are refused for one reason: then a call for each of
 * them is not worth it. In that case, the first 100 rows cost at most 23 calls and every further 100 cost 1.2:
 * one for the batch, and up to two for a single row of every tenth batch. The first row that HubSpot accepts
 * ends it.
 */
export class Likeness {
  #reason = ''
  #alone = 0
  #batches = 0
  #refusedAtMs = -Infinity
  #acceptedAtMs = -Infinity
  readonly #now: () => number
  readonly #random: () => number

  constructor(now: () => number = Date.now, random: () => number = Math.random) {
    this.#now = now
    this.#random = random
  }

  accepted(): void {
    this.#alone = 0
    this.#acceptedAtMs = this.#now()
  }

  refusedAlone(reason: string): void {
    const known = withoutValues(reason)
    this.#alone = this.#isFor(known) ? this.#alone + 1 : 1
    this.#reason = known
    this.#batches = 0
    this.#refusedAtMs = this.#now()
  }

  /** How often a row was refused alone for this reason, with none accepted in between. */
  get alone(): number {
    return this.#alone
  }

  /** Whether all rows are refused for this reason. */
  get isShown(): boolean {
    return this.#alone >= this.#enough
  }

  /** Whether to send single rows from all over the batch now. */
  get needsSample(): boolean {
    return this.#alone === sampledFrom
  }

  nextForBatch(reason: string | null): Next {
    if (reason === null || this.#alone < sampledFrom || !this.#isFor(withoutValues(reason))) return 'halve'
    if (!this.isShown) return 'sample'
    this.#batches += 1
    return this.#batches % batchesPerProbe === 0 ? 'probe' : 'refuse'
  }

  /** Splits as many single rows as necessary from the open rows at random, and returns them and the rest. */
  sample<Input>(
    open: readonly Input[],
    wanted = this.#enough - this.#alone,
  ): { alone: Input[]; rest: Input[] } {
    const rest = [...open]
    const alone: Input[] = []
    while (alone.length < wanted && rest.length > 0) {
      alone.push(...rest.splice(Math.floor(this.#random() * rest.length), 1))
    }
    return { alone, rest }
  }

  get #enough(): number {
    return this.#isRecent(this.#acceptedAtMs) ? enoughAfterSuccess : enoughAlone
  }

  #isFor(reason: string): boolean {
    return reason === this.#reason && this.#isRecent(this.#refusedAtMs)
  }

  #isRecent(atMs: number): boolean {
    return Math.abs(this.#now() - atMs) < validForMs
  }
}

/** HubSpot repeats values and ids in its messages: without them, the same reason reads the same for every row. */
function withoutValues(reason: string): string {
  return reason.replaceAll(/"[^"]*"|'[^']*'|\S*\d\S*/g, '…')
}
