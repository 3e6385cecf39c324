import sharp from 'sharp'
import { maxLogoPx } from './layout.ts'

// What a decoder may be given to work on: a small file can hold a picture that fills the memory.
const maxPixels = 10_000_000
// libjpeg reads all scans of a progressive file before it returns, each as long as the whole picture takes. Encoders write
// ten; an embedded thumbnail and chance may add some.
const maxScans = 40

/** The beginnings of the kinds of files that are taken. SVG is none of them: it is a program as much as a picture. */
const beginnings = [/^\x89PNG\r\n\x1a\n/, /^\xff\xd8\xff/, /^GIF8[79]a/, /^RIFF[^]{4}WEBP/]

/** A logo as a small PNG, however it was given; null where it is no picture that can be shown. */
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
 * How many scans a JPEG has at most. In the data of a scan, 0xFF never comes before 0xDA, so every scan is counted; bytes
 * of other parts, such as a colour profile, may be counted too.
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
