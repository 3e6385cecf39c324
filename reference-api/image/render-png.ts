import sharp from 'sharp'
import type { Drawing } from './draw-qr-code.ts'

// Pictures are rendered side by side, so each of them needs one thread only, and no two are alike.
sharp.concurrency(1)
sharp.cache(false)

const transparent = { r: 0, g: 0, b: 0, alpha: 0 }

/** Turns a drawing into a PNG, off the main thread, with the logo, a PNG, in its place. */
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
