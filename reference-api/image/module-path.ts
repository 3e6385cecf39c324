import type { RenderCustomizations } from './render-customizations.ts'
import type { QrMatrix } from './qr-matrix.ts'

type IsDark = QrMatrix['isDark']

/** Returns SVG path data of all dark modules, one unit per module. */
export function modulePath(
  { size, isDark, isMark }: QrMatrix,
  shape: RenderCustomizations['dot_shape'],
  isCovered: (x: number, y: number) => boolean,
): string {
  const isDrawn: IsDark = (x, y) => isDark(x, y) && !isCovered(x, y)
  const parts = []
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // Marks stay square: with round corners, a weak scanner may prefer something in a busy logo to them.
      const pathOf = paths[isMark(x, y) ? 'square' : shape]
      if (isDrawn(x, y)) parts.push(pathOf(x, y, isDrawn))
    }
  }
  return parts.join('')
}

const paths: Record<RenderCustomizations['dot_shape'], (x: number, y: number, isDark: IsDark) => string> = {
  square: (x, y) => `M${x} ${y}h1v1h-1z`,
  dots: (x, y) => `M${x} ${y + 0.5}a.5 .5 0 0 1 1 0a.5 .5 0 0 1-1 0z`,
  rounded: roundedModule,
}

/** Rounds a corner if no neighbour touches it, so that modules flow into each other. */
function roundedModule(x: number, y: number, isDark: IsDark): string {
  const [above, right, below, left] = [isDark(x, y - 1), isDark(x + 1, y), isDark(x, y + 1), isDark(x - 1, y)]
  const corner = (isRound: boolean, arc: string, square: string) => (isRound ? arc : square)
  return [
    `M${x} ${y + 0.5}`,
    corner(!left && !above, 'a.5 .5 0 0 1 .5-.5', 'v-.5h.5'),
    corner(!above && !right, 'a.5 .5 0 0 1 .5 .5', 'h.5v.5'),
    corner(!right && !below, 'a.5 .5 0 0 1-.5 .5', 'v.5h-.5'),
    corner(!below && !left, 'a.5 .5 0 0 1-.5-.5', 'h-.5v-.5'),
    'z',
  ].join('')
}
