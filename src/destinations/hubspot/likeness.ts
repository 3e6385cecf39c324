/** So many rows in a row, each refused alone for one reason and none accepted in between, show that the reason concerns all. */
const enoughAlone = 6
/** After so many, the rest are sampled across the batch instead of being halved further. */
const sampledFrom = 2
/** While all rows are refused alike, one row of every so many batches is sent alone to see whether that is still so. */
const batchesPerProbe = 5
/** What was seen longer ago says nothing of the rows of now. */
const validForMs = 10 * 60_000

/**
 * Remembers for one object in HubSpot whether rows are refused alike: then it is not worth a call for each of them. If all rows
 * fail for one reason, the first 100 rows cost 13 calls and every further 100 cost at most 1.2: one for the batch, and a single
 * row of every fifth batch. The first row that HubSpot accepts ends it.
 */
export class Likeness {
  #reason = ''
  #alone = 0
  #batches = 0
  #seenAtMs = 0
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** A row was accepted. */
  end(): void {
    this.#alone = 0
  }

  /** A row was refused alone. */
  refusedAlone(reason: string): void {
    const known = withoutValues(reason)
    this.#alone = known === this.#reason && this.#isRecent() ? this.#alone + 1 : 1
    this.#reason = known
    this.#batches = 0
    this.#seenAtMs = this.#now()
  }

  /** How often a row was refused alone for the reason, none accepted in between. */
  get alone(): number {
    return this.#alone
  }

  /** Whether all rows are refused for the reason. */
  get isShown(): boolean {
    return this.#alone >= enoughAlone && this.#isRecent()
  }

  /** Whether rows from across the batch are to be sent alone now. */
  get needsSample(): boolean {
    return this.#alone === sampledFrom
  }

  /** What to do with a batch that is refused without a word on its rows: null where they are to be told apart by halves. */
  nextForBatch(reason: string | null): 'probe' | 'refuse' | null {
    if (reason === null || !this.isShown || withoutValues(reason) !== this.#reason) return null
    this.#batches += 1
    return this.#batches % batchesPerProbe === 0 ? 'probe' : 'refuse'
  }

  /** Splits open rows into single ones from across them and the rest. */
  sample<Input>(open: readonly Input[]): { alone: Input[]; rest: Input[] } {
    const wanted = Math.min(enoughAlone - this.#alone, open.length)
    const places = new Set(
      Array.from({ length: wanted }, (_, index) => Math.floor(((index + 0.5) * open.length) / wanted)),
    )
    return {
      alone: open.filter((_, place) => places.has(place)),
      rest: open.filter((_, place) => !places.has(place)),
    }
  }

  #isRecent(): boolean {
    return Math.abs(this.#now() - this.#seenAtMs) < validForMs
  }
}

/** HubSpot repeats values and ids in its words: without them, the same reason reads the same for every row. */
function withoutValues(reason: string): string {
  return reason.replaceAll(/"[^"]*"|'[^']*'|\S*\d\S*/g, '…')
}
