/**
 * A small progressive JPEG that keeps libjpeg busy for seconds: each of its scans names every block of a large
 * grey image and changes none. All of it is valid: a coefficient is sent at bit 13, and refined bit by bit.
 */
export function progressiveJpeg({ sidePx = 3_160, scans = 800 } = {}): Buffer {
  const blocks = Math.ceil(sidePx / 8) ** 2
  const size = [sidePx >> 8, sidePx & 0xff]
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]),
    segment(0xc2, [8, ...size, ...size, 1, 1, 0x11, 0]),
    // One code each: "no difference" for the first coefficient, "2^14 blocks or more end here" for the others.
    segment(0xc4, [0x00, 1, ...Array.from({ length: 15 }, () => 0), 0x00]),
    segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0xe0]),
    segment(0xda, [1, 1, 0x00, 0, 0, 0]),
    bytesOf('0'.repeat(blocks)),
  ]
  const empty = bytesOf(endsOfBlocks(blocks))
  for (let scan = 0; scan < scans; scan++) {
    const coefficient = 1 + Math.floor(scan / 14)
    const low = 13 - (scan % 14)
    const high = low === 13 ? 0 : low + 1
    parts.push(segment(0xda, [1, 1, 0x00, coefficient, coefficient, (high << 4) | low]), empty)
  }
  parts.push(Buffer.from([0xff, 0xd9]))
  return Buffer.concat(parts)
}

/** The most coefficients, with 14 bits each. */
export const maxValidScans = 63 * 14

function segment(marker: number, content: number[]): Buffer {
  const length = content.length + 2
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content])
}

function endsOfBlocks(blocks: number): string {
  let bits = ''
  for (let left = blocks; left > 0;) {
    const run = Math.min(left, 32_767)
    if (run < 16_384) throw new Error('choose a size whose last run of blocks is longer')
    bits += '0' + (run - 16_384).toString(2).padStart(14, '0')
    left -= run
  }
  return bits
}

/** Fills up with ones, and escapes each 0xFF of the data. */
function bytesOf(bits: string): Buffer {
  const bytes: number[] = []
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2)
    bytes.push(byte)
    if (byte === 0xff) bytes.push(0)
  }
  return Buffer.from(bytes)
}
