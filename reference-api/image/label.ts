/** Letters of "SCAN ME" as strokes in a box of 10 by 14, so that no machine needs a font. */
const strokes: Record<string, string> = {
  S: 'M9.2 2.6C8 .6 1 .2 1 3.7C1 8 9.5 5.6 9.5 10.2C9.5 14 2 14.2.6 11.4',
  C: 'M9.5 3.2C7 -.8.5 .4.5 7C.5 13.6 7 14.8 9.5 10.8',
  A: 'M0 14L5 0L10 14M1.8 9.2H8.2',
  N: 'M.8 14V0L9.2 14V0',
  M: 'M0 14V0L5 8.6L10 0V14',
  E: 'M9 0H1V14H9M1 7H8',
}

const text = 'SCAN ME'
const letterWidth = 10
const letterHeight = 14
const advance = 14.5
const strokeWidth = 2.4

/** Draws "SCAN ME" in the middle of a box of pixels. */
export function label(box: { x: number; y: number; width: number; height: number }, color: string): string {
  const width = (text.length - 1) * advance + letterWidth
  const scale = Math.min((box.height * 0.5) / letterHeight, (box.width * 0.8) / width)
  const x = box.x + (box.width - width * scale) / 2
  const y = box.y + (box.height - letterHeight * scale) / 2
  const letters = Array.from(text, (letter, index) => {
    const path = strokes[letter]
    return path === undefined ? '' : `<path transform="translate(${index * advance} 0)" d="${path}"/>`
  })
  return (
    `<g transform="translate(${x} ${y}) scale(${scale})" fill="none" stroke="${color}" ` +
    `stroke-width="${strokeWidth}" stroke-linecap="round" stroke-linejoin="round">${letters.join('')}</g>`
  )
}
