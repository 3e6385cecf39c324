import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { LRUCache } from 'lru-cache'
import type { RenderCustomizations } from './render-customizations.ts'
import { drawQrCode } from './draw-qr-code.ts'
import { createLogoFetcher, type LogoNetwork } from './fetch-logo.ts'
import { createPainters } from './painters.ts'
import { createTurns } from './turns.ts'

/** Everything that determines an image, except the content of the logo's address. */
export interface PictureRequest {
  /** The account of the code: accounts take turns, and share nothing with which one could delay another. */
  accountId: string
  /** The text that the code encodes. */
  shortUrl: string
  customizations: RenderCustomizations
  sizePx: number
}

export interface Picture {
  png: Buffer
  /** With its quotes. */
  etag: string
}

/** Images of codes, cached for a while. Simultaneous requests for the same image share one rendering. */
export interface Pictures {
  /** @throws {TooManyWaiting} if the account, or all accounts together, have too many requests waiting */
  get(request: PictureRequest): Promise<Picture>
  /** Ends what is running. */
  close(): void
}

const hourMs = 3_600_000
// The logo's server may be fixed soon.
const missingLogoMs = 60_000
const cacheBytes = 32 * 1024 * 1024
// One core stays free for all other calls. Each image may need 16 MB of pixels while it is made.
const renderedAtOnce = Math.min(2, Math.max(1, availableParallelism() - 1))
// Other accounts find a free slot, and do not wait for the slow servers of one account.
const fetching = { atOnce: 16, atOnceOfOne: 4, waitingOfOne: 60, waiting: 600 }
const rendering = { atOnce: renderedAtOnce, waitingOfOne: 200, waiting: 2_000 }

export function createPictures(now: () => number, network?: Partial<LogoNetwork>): Pictures {
  const fetchLogo = createLogoFetcher(network)
  const painters = createPainters()
  const inFetchTurn = createTurns(fetching)
  const inRenderTurn = createTurns(rendering)
  const lifetime = { ttl: hourMs, ttlResolution: 0, perf: { now } }

  const logos = new LRUCache<string, { png: Buffer | null }>({
    ...lifetime,
    maxSize: cacheBytes,
    sizeCalculation: ({ png }, key) => key.length + (png?.length ?? 0),
    async fetchMethod(key, _stale, { options }) {
      const [accountId, url] = JSON.parse(key) as [accountId: string, url: string]
      const file = await inFetchTurn(accountId, () => fetchLogo(url))
      const png = file && (await inRenderTurn(accountId, () => painters.prepareLogo(file)))
      if (png === null) options.ttl = missingLogoMs
      return { png }
    },
  })

  const pictures = new LRUCache<string, Picture>({
    ...lifetime,
    maxSize: cacheBytes,
    sizeCalculation: ({ png }, key) => key.length + png.length,
    async fetchMethod(key, _stale, { options }) {
      const { accountId, shortUrl, customizations, sizePx } = JSON.parse(key) as PictureRequest
      const { logo_url: logoUrl } = customizations
      const logoKey = JSON.stringify([accountId, logoUrl])
      const logo = logoUrl === null ? null : (await logos.forceFetch(logoKey)).png
      if (logoUrl !== null) options.ttl = Math.max(1, Math.min(hourMs, logos.getRemainingTTL(logoKey)))
      const drawing = drawQrCode(shortUrl, customizations, { sizePx, hasLogo: logo !== null })
      const png = await inRenderTurn(accountId, () => painters.renderPng(drawing, logo))
      return { png, etag: `"${hash('sha256', png).slice(0, 16)}"` }
    },
  })

  return {
    get: ({ accountId, shortUrl, customizations, sizePx }) =>
      pictures.forceFetch(JSON.stringify({ accountId, shortUrl, customizations, sizePx })),
    close: () => {
      painters.close()
    },
  }
}
