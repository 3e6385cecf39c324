import type { Random } from '../random.ts'
import { createRandom, integerBetween, pick, weightedPicker } from '../random.ts'
import { userAgents } from './user-agents.ts'

export interface TrafficOptions {
  /** The address of the server. */
  url: string
  /** Short URLs to open, the most popular first. */
  slugs: string[]
  perMinute: number
  seed: number
  onError: (error: unknown) => void
}

const languages = [
  'de-DE,de;q=0.9,en;q=0.8',
  'en-GB,en;q=0.9',
  'en-US,en;q=0.9',
  'fr-FR,fr;q=0.9',
  'es-ES,es;q=0.9',
]

/**
 * Simulates visitors who open short URLs over HTTP at random times, like phones. Returns a function that stops
 * them.
 */
export function startTraffic({ url, slugs, perMinute, seed, onError }: TrafficOptions): () => void {
  const random = createRandom(seed)
  const drawUserAgent = weightedPicker(random, userAgents)
  const drawSlug = weightedPicker(
    random,
    slugs.map((slug, rank): [string, number] => [slug, 1 / (rank + 1)]),
  )
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined

  function visit(): void {
    const headers = {
      'user-agent': drawUserAgent(),
      'accept-language': pick(random, languages),
      'x-forwarded-for': drawAddress(random),
    }
    fetch(`${url}/r/${drawSlug()}`, { headers, redirect: 'manual', signal: stopping.signal })
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) onError(error)
      })
    scheduleNext()
  }

  // Exponential gaps: visitors do not wait for each other.
  function scheduleNext(): void {
    timer = setTimeout(visit, (-Math.log(1 - random.next()) * 60_000) / perMinute)
  }

  if (slugs.length > 0 && perMinute > 0) scheduleNext()
  return () => {
    clearTimeout(timer)
    stopping.abort()
  }
}

/** An address of 198.18.0.0/15, which RFC 2544 reserves for tests. */
function drawAddress(random: Random): string {
  return `198.${integerBetween(random, 18, 19)}.${integerBetween(random, 0, 255)}.${integerBetween(random, 1, 254)}`
}
