import type { ApiFaults, CallFault } from './api-network.ts'
import type { Random } from '../machines/random.ts'
import type { Swarm } from '../swarm.ts'

const maintenance = '<!doctype html><title>Back soon</title>'

/** The answers of an API that is down, or of a proxy in front of it. */
const outages: readonly CallFault[] = [
  { is: 'refused' },
  {
    is: 'answered',
    answer: { status: 500, body: '{"success":false,"error":"oops","code":"INTERNAL_ERROR"}' },
  },
  { is: 'answered', answer: { status: 503, body: maintenance } },
  { is: 'intercepted', answer: { status: 200, body: maintenance } },
  { is: 'intercepted', answer: { status: 404, body: maintenance } },
]

/** How one code's scans are broken while the others work. */
const breakages: readonly CallFault[] = [
  {
    is: 'answered',
    answer: { status: 500, body: '{"success":false,"error":"oops","code":"INTERNAL_ERROR"}' },
  },
  { is: 'answered', answer: { status: 200, body: maintenance } },
  { is: 'answered', answer: { status: 404, body: maintenance } },
  { is: 'lost' },
  { is: 'cut' },
  // It has the most ways of never ending.
  { is: 'endless' },
  { is: 'endless' },
  { is: 'endless' },
]

/** Decides what happens to each call. */
export class ApiTroubles implements ApiFaults {
  readonly #swarm: Swarm
  readonly #random: Random
  readonly #broken = new Map<string, CallFault>()
  #outage: CallFault | null = null
  #asksForLongWait = false

  constructor(swarm: Swarm, random: Random) {
    this.#swarm = swarm
    this.#random = random
  }

  latencyMs = (): number => {
    const rate = this.#swarm.rate('api_slow')
    return rate === 0 ? 30 : this.#random.spread(1, Math.max(rate * 1_000, 2))
  }

  faultOf = (path: string): CallFault | null => {
    if (this.#outage !== null) return this.#outage
    const [, id = ''] = /\/qr-codes\/([^/]+)\/scans/.exec(path) ?? []
    const broken = this.#broken.get(id)
    if (broken !== undefined) return broken
    if (this.#asksForLongWait) return this.#longWait()
    if (this.#swarm.happens('api_refused')) return { is: 'refused' }
    if (this.#swarm.happens('api_lost')) return { is: 'lost' }
    if (this.#swarm.happens('api_cut')) return { is: 'cut' }
    if (this.#swarm.happens('api_odd_wait')) return this.#oddWait()
    return this.#swarm.happens('api_500') ? (outages[1] ?? null) : null
  }

  /** A gateway refuses calls in its own way. */
  #oddWait(): CallFault {
    const now = Date.now()
    const wait = this.#random.pick([
      '0',
      '-5',
      'soon',
      new Date(now - 5_000).toUTCString(),
      String(Math.round(now / 1_000) + 90),
      '4000000000',
    ])
    const body = JSON.stringify({ success: false, error: 'Slow down.', code: 'RATE_LIMITED_MINUTE' })
    return { is: 'intercepted', answer: { status: 429, headers: { 'retry-after': wait }, body } }
  }

  /** A gateway answers the next call: it asks for a pause of hours, although it would let the one after through. */
  askForLongWait(): void {
    this.#swarm.count('api_long_wait')
    this.#asksForLongWait = true
  }

  #longWait(): CallFault {
    this.#asksForLongWait = false
    const wait = String(this.#random.spread(600, 12 * 3_600))
    return {
      is: 'intercepted',
      answer: { status: 429, headers: { 'retry-after': wait }, body: 'Slow down.' },
    }
  }

  get isDown(): boolean {
    return this.#outage !== null
  }

  begin(): void {
    this.#outage = this.#random.pick(outages)
  }

  breakCode(id: string): void {
    this.#broken.set(id, this.#random.pick(breakages))
  }

  /** Two failing codes without a success in between look like an outage, for which a manual sync waits. */
  get looksOut(): boolean {
    return this.#broken.size >= 2
  }

  isBroken(id: string): boolean {
    return this.#broken.has(id)
  }

  /** The API works again. */
  end(): void {
    this.#outage = null
  }
}
