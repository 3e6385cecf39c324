import type { RenderCustomizations } from './render-customizations.ts'
import { label } from './label.ts'
import { layoutOf, type Box, type Layout } from './layout.ts'
import { modulePath } from './module-path.ts'
import { logoModules, qrMatrix, type QrMatrix } from './qr-matrix.ts'

export interface Drawing {
  svg: string
  /** The area for the logo, in pixels. */
  logo: Box
}

/** Draws a code without its logo, and leaves space for one if the code has it. */
export function drawQrCode(
  text: string,
  customizations: RenderCustomizations,
  { sizePx, hasLogo }: { sizePx: number; hasLogo: boolean },
): Drawing {
  const { dot_color, dot_shape, background, frame, logo_url } = customizations
  // A logo that cannot be fetched this time must not change the modules, which may be printed already.
  const matrix = qrMatrix(text, { hasLogo: logo_url !== null })
  const layout = layoutOf(sizePx, matrix.size, frame)
  const { first, count, logo } = logoPlace(matrix, layout)
  const isCovered = (x: number, y: number) =>
    hasLogo && x >= first && x < first + count && y >= first && y < first + count
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sizePx}" height="${sizePx}">`,
    `<rect width="${sizePx}" height="${sizePx}" fill="${background}"/>`,
    layout.frame === null ? '' : card(layout.frame, sizePx, dot_color, background),
    `<path transform="translate(${layout.x} ${layout.y}) scale(${layout.modulePx})" fill="${dot_color}" `,
    `d="${modulePath(matrix, dot_shape, isCovered)}"/></svg>`,
  ].join('')
  return { svg, logo }
}

/** Half a module of background stays around a logo. */
function logoPlace({ size }: QrMatrix, { x, y, modulePx }: Layout) {
  const count = logoModules(size)
  const first = (size - count) / 2
  const marginPx = Math.ceil(modulePx / 2)
  const side = count * modulePx - 2 * marginPx
  const start = first * modulePx + marginPx
  return { first, count, logo: { x: x + start, y: y + start, width: side, height: side } }
}

function card(
  { window, band, radiusPx }: NonNullable<Layout['frame']>,
  sizePx: number,
  color: string,
  background: string,
): string {
  const rectangle = ({ x, y, width, height }: Box, radius: number, fill: string) =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"/>`
  return (
    rectangle({ x: 0, y: 0, width: sizePx, height: sizePx }, radiusPx, color) +
    rectangle(window, radiusPx - window.x, background) +
    label(band, background)
  )
}
