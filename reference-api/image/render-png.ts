import sharp from 'sharp'
import type { Drawing } from './draw-qr-code.ts'

// Images are rendered in parallel, so each needs only one thread, and no two are the same.
sharp.concurrency(1)
sharp.cache(false)

const transparent = { r: 0, g: 0, b: 0, alpha: 0 }

/** Renders a drawing to a PNG off the main thread, and puts the logo, a PNG, into its place. */
export async function renderPng({ svg, logo: place }: Drawing, logo: Buffer | null): Promise<Buffer> {
  const picture = sharp(Buffer.from(svg)).removeAlpha()
  if (logo === null) return picture.png().toBuffer()
  const { width, height, x: left, y: top } = place
  const input = await sharp(logo)
    .resize({ width, height, fit: 'contain', background: transparent })
    .png()
    .toBuffer()
  return picture.composite([{ input, left, top }]).removeAlpha().png().toBuffer()
}
