import jsQR from 'jsqr'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'

// Otherwise it would be fetched from the internet.
const wasm = readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')))
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } })

export interface Pixels {
  width: number
  height: number
  /** Four bytes per pixel: red, green, blue, alpha. */
  data: Uint8ClampedArray<ArrayBuffer>
}

/** The pixels of a PNG file, blurred on request. */
export async function readPng(png: Buffer, { blurPx = 0 } = {}): Promise<Pixels> {
  const picture = sharp(png).ensureAlpha()
  if (blurPx > 0) picture.blur(blurPx)
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: Uint8ClampedArray.from(data) }
}

/** The colour of a pixel, such as `#0F172A`. */
export function colorAt({ width, data }: Pixels, x: number, y: number): string {
  const start = (y * width + x) * 4
  return `#${Buffer.from(data.slice(start, start + 3))
    .toString('hex')
    .toUpperCase()}`
}

/** What two decoders of different authors read from a dark code; null for one that finds none. */
export async function readQrCode(pixels: Pixels): Promise<{ jsqr: string | null; zxing: string | null }> {
  const { data, width, height } = pixels
  const found = await readBarcodes(
    { data, width, height, colorSpace: 'srgb' },
    { formats: ['QRCode'], tryInvert: false },
  )
  const jsqr = jsQR.default(data, width, height, { inversionAttempts: 'dontInvert' })
  return { jsqr: jsqr?.data ?? null, zxing: found[0]?.text ?? null }
}
