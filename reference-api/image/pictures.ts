import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { LRUCache } from 'lru-cache'
import type { RenderCustomizations } from './render-customizations.ts'
import { drawQrCode } from './draw-qr-code.ts'
import { createLogoFetcher, type LogoNetwork } from './fetch-logo.ts'
import { prepareLogo } from './prepare-logo.ts'
import { renderPng } from './render-png.ts'
import { createTurns } from './turns.ts'

/** All that a picture depends on, but for what the logo's address holds. */
export interface PictureRequest {
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
export type Pictures = (request: PictureRequest) => Promise<Picture>

const hourMs = 3_600_000
// Somebody may be mending the logo's server.
const missingLogoMs = 60_000
const cacheBytes = 32 * 1024 * 1024
// One core stays free for all other calls. Each picture may take 16 MB of pixels while it is made.
const renderedAtOnce = Math.min(2, Math.max(1, availableParallelism() - 1))
const fetchedAtOnce = 16

export function createPictures(now: () => number, network?: Partial<LogoNetwork>): Pictures {
  const fetchLogo = createLogoFetcher(network)
  const inFetchTurn = createTurns(fetchedAtOnce)
  const inRenderTurn = createTurns(renderedAtOnce)
  const lifetime = { ttl: hourMs, ttlResolution: 0, perf: { now } }

  const logos = new LRUCache<string, { png: Buffer | null }>({
    ...lifetime,
    maxSize: cacheBytes,
    sizeCalculation: ({ png }, url) => url.length + (png?.length ?? 0),
    async fetchMethod(url, _stale, { options }) {
      const file = await inFetchTurn(() => fetchLogo(url))
      const png = file && (await inRenderTurn(() => prepareLogo(file)))
      if (png === null) options.ttl = missingLogoMs
      return { png }
    },
  })

  const pictures = new LRUCache<string, Picture>({
    ...lifetime,
    maxSize: cacheBytes,
    sizeCalculation: ({ png }, key) => key.length + png.length,
    async fetchMethod(key, _stale, { options }) {
      const { shortUrl, customizations, sizePx } = JSON.parse(key) as PictureRequest
      const { logo_url: logoUrl } = customizations
      const logo = logoUrl === null ? null : (await logos.forceFetch(logoUrl)).png
      if (logoUrl !== null) options.ttl = Math.max(1, Math.min(hourMs, logos.getRemainingTTL(logoUrl)))
      const drawing = drawQrCode(shortUrl, customizations, { sizePx, hasLogo: logo !== null })
      const png = await inRenderTurn(() => renderPng(drawing, logo))
      return { png, etag: `"${hash('sha256', png).slice(0, 16)}"` }
    },
  })

  return ({ shortUrl, customizations, sizePx }) =>
    pictures.forceFetch(JSON.stringify({ shortUrl, customizations, sizePx }))
}
