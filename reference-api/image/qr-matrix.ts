import { encode, QrCodeDataType } from 'uqr'

/** The modules of a QR code, without quiet zone. */
export interface QrMatrix {
  /** Modules a side; always odd. */
  size: number
  isDark: (x: number, y: number) => boolean
  /** Whether a module is of the squares, large and small, that scanners find their way by. */
  isMark: (x: number, y: number) => boolean
}

// Above M nothing is promised, but levels that cost no larger code are taken along.
const plainLevel = 'M'

/** Restores 30 % of the code, of which a logo covers a sixteenth at most. */
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

/** Modules a side, in the middle, that a logo takes the place of: a quarter of the side at most. */
export function logoModules(size: number): number {
  const most = Math.floor(size / 4)
  return most % 2 === 1 ? most : most - 1
}
