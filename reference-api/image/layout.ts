import type { RenderCustomizations } from './render-customizations.ts'

type Frame = RenderCustomizations['frame']

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The positions of an image's parts in whole pixels, because modules with blurred edges are harder to read. */
export interface Layout {
  modulePx: number
  /** Top left corner of the code, without its quiet zone. */
  x: number
  y: number
  frame: { window: Box; band: Box; radiusPx: number } | null
}

/** In an image of 2,048 pixels, a logo covers at most a quarter of the side. */
export const maxLogoPx = 512

// ISO/IEC 18004 requires four modules of background on every side.
const quietModules = 4
const leastModulePx = 2

/** Leaves out a frame that would make the code too small to be readable. */
export function layoutOf(sizePx: number, modules: number, frame: Frame): Layout {
  if (frame === 'none') return plain(sizePx, modules)
  const framed = framedLayout(sizePx, modules, frame)
  return framed.modulePx < leastModulePx ? plain(sizePx, modules) : framed
}

function plain(sizePx: number, modules: number): Layout {
  return { ...centred({ x: 0, y: 0, width: sizePx, height: sizePx }, modules), frame: null }
}

function framedLayout(sizePx: number, modules: number, frame: Frame): Layout {
  const bandPx = Math.round(sizePx * 0.16)
  const borderPx = Math.max(1, Math.round(sizePx / 100))
  const isBelow = frame === 'scan-me-bottom'
  const heightPx = sizePx - bandPx - borderPx
  const window = {
    x: borderPx,
    y: isBelow ? borderPx : bandPx,
    width: sizePx - 2 * borderPx,
    height: heightPx,
  }
  const band = { x: 0, y: isBelow ? sizePx - bandPx : 0, width: sizePx, height: bandPx }
  return { ...centred(window, modules), frame: { window, band, radiusPx: Math.round(sizePx * 0.05) } }
}

function centred(box: Box, modules: number): { modulePx: number; x: number; y: number } {
  const side = Math.min(box.width, box.height)
  const modulePx = Math.max(1, Math.floor(side / (modules + 2 * quietModules)))
  const codePx = modules * modulePx
  return {
    modulePx,
    x: box.x + Math.floor((box.width - codePx) / 2),
    y: box.y + Math.floor((box.height - codePx) / 2),
  }
}
