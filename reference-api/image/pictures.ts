import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { LRUCache } from 'lru-cache'
import type { RenderCustomizations } from './render-customizations.ts'
import { drawQrCode } from './draw-qr-code.ts'
import { createLogoFetcher, type LogoNetwork } from './fetch-logo.ts'
import { createPainters } from './painters.ts'
import { createTurns } from './turns.ts'

/** All that a picture depends on, but for what the logo's address holds. */
export interface PictureRequest {
  /** Whose code it is: accounts take turns, and share nothing that one could hold up for another. */
  accountId: string
  /** What the code says. */
  shortUrl: string
  customizations: RenderCustomizations
  sizePx: number
}

export interface Picture {
  png: Buffer
  /** With its quotes. */
  etag: string
}

/** Pictures of codes, kept for a while. Those who ask for the same at the same time share one rendering. */
export interface Pictures {
  /** @throws {TooManyWaiting} where the account, or all of them together, wait for too many already */
  get(request: PictureRequest): Promise<Picture>
  /** Ends what is under way. */
  close(): void
}

const hourMs = 3_600_000
// Somebody may be mending the logo's server.
const missingLogoMs = 60_000
const cacheBytes = 32 * 1024 * 1024
// One core stays free for all other calls. Each picture may take 16 MB of pixels while it is made.
const renderedAtOnce = Math.min(2, Math.max(1, availableParallelism() - 1))
// Others find a free place, and wait for none of those that one account's slow servers keep.
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
