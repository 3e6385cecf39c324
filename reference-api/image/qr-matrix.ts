import { encode, QrCodeDataType } from 'uqr'

/** The modules of a QR code, without quiet zone. */
export interface QrMatrix {
  /** Modules per side; always odd. */
  size: number
  isDark: (x: number, y: number) => boolean
  /** Whether a module belongs to the squares, large and small, by which scanners locate the code. */
  isMark: (x: number, y: number) => boolean
}

// Levels above M are not promised, but used if they do not make the code larger.
const plainLevel = 'M'

/** Restores 30 % of the code, of which a logo covers at most a sixteenth. */
const levelUnderLogo = 'H'

const marks = new Set<QrCodeDataType | undefined>([QrCodeDataType.Position, QrCodeDataType.Alignment])

export function qrMatrix(text: string, { hasLogo }: { hasLogo: boolean }): QrMatrix {
  const { size, data, types } = encode(text, {
    ecc: hasLogo ? levelUnderLogo : plainLevel,
    boostEcc: true,
    border: 0,
  })
  return {
    size,
    isDark: (x, y) => data[y]?.[x] ?? false,
    isMark: (x, y) => marks.has(types[y]?.[x]),
  }
}

/** Modules per side, in the middle, that a logo covers: at most a quarter of the side. */
export function logoModules(size: number): number {
  const most = Math.floor(size / 4)
  return most % 2 === 1 ? most : most - 1
}
