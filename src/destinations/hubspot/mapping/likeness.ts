/** So many rows in a row, each refused alone for one reason and none accepted in between, show that the reason concerns all … */
const enoughAlone = 8
/** … and so many where HubSpot has accepted others a short time ago: then the reason concerns some. */
const enoughAfterSuccess = 30
/** After so many, the rest are sampled at random instead of being halved further. */
const sampledFrom = 2
/** While all rows are refused alike, one row of every so many batches is sent alone to see whether that is still so. */
const batchesPerProbe = 10
/** What was seen longer ago says nothing of the rows of now. */
const validForMs = 10 * 60_000

/** What to do with a batch that is refused without a word on its rows. */
type Next = 'halve' | 'sample' | 'probe' | 'refuse'

/**
 * Remembers for one object in HubSpot whether rows are refused alike: then it is not worth a call for each of them. If all rows
 * fail for one reason, the first 100 rows cost at most 23 calls and every further 100 cost 1.2: one for the batch, and up to two for
 * a single row of every tenth batch. The first row that HubSpot accepts ends it.
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

  /** How often a row was refused alone for the reason, none accepted in between. */
  get alone(): number {
    return this.#alone
  }

  /** Whether all rows are refused for the reason. */
  get isShown(): boolean {
    return this.#alone >= this.#enough
  }

  /** Whether rows from across the batch are to be sent alone now. */
  get needsSample(): boolean {
    return this.#alone === sampledFrom
  }

  nextForBatch(reason: string | null): Next {
    if (reason === null || this.#alone < sampledFrom || !this.#isFor(withoutValues(reason))) return 'halve'
    if (!this.isShown) return 'sample'
    this.#batches += 1
    return this.#batches % batchesPerProbe === 0 ? 'probe' : 'refuse'
  }

  /** Splits open rows into single ones at random, as many as are needed, and the rest. */
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

/** HubSpot repeats values and ids in its words: without them, the same reason reads the same for every row. */
function withoutValues(reason: string): string {
  return reason.replaceAll(/"[^"]*"|'[^']*'|\S*\d\S*/g, '…')
}
