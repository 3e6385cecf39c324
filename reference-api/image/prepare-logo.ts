import sharp from 'sharp'
import { maxLogoPx } from './layout.ts'

// The limit for a decoder: a small file can contain an image that fills the memory.
const maxPixels = 10_000_000
// libjpeg reads all scans of a progressive file before it returns, and each takes as long as the whole image.
// Encoders write ten; an embedded thumbnail and chance may add some.
const maxScans = 40

/** The first bytes of accepted file types. SVG is not one of them, because it is a program as much as an image. */
const beginnings = [/^\x89PNG\r\n\x1a\n/, /^\xff\xd8\xff/, /^GIF8[79]a/, /^RIFF[^]{4}WEBP/]

/** Converts a logo to a small PNG; null if it is not an image that can be shown. */
export async function prepareLogo(file: Buffer): Promise<Buffer | null> {
  const beginning = file.toString('latin1', 0, 16)
  if (!beginnings.some((known) => known.test(beginning))) return null
  if (beginning.startsWith('\xff\xd8') && countScans(file) > maxScans) return null
  try {
    return await sharp(file, { limitInputPixels: maxPixels })
      .autoOrient()
      .resize({ width: maxLogoPx, height: maxLogoPx, fit: 'inside', withoutEnlargement: true })
      .png()
      .toBuffer()
  } catch {
    return null
  }
}

const startOfScan = Buffer.from([0xff, 0xda])

/**
 * Counts the scans of a JPEG, and never too few. In the data of a scan, 0xFF never comes before 0xDA, so every
 * scan is counted; bytes of other parts, such as a colour profile, may be counted too.
 */
function countScans(file: Buffer): number {
  let count = 0
  let at = file.indexOf(startOfScan)
  while (at !== -1) {
    count += 1
    at = file.indexOf(startOfScan, at + startOfScan.length)
  }
  return count
}
