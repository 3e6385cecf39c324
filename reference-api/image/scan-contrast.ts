// A scanner sees shades of grey, and scanners convert a colour differently: by the weights of ITU-R BT.601 or
// of BT.709. So both must accept.
const weightings = [
  [0.299, 0.587, 0.114],
  [0.2126, 0.7152, 0.0722],
] as const

/**
 * How much darker dots must be than the background, as a share of the range from black to white. Of 240 pairs
 * of colours, a good decoder read all with this difference, even in blurred, noisy and unevenly lit images;
 * with 0.3, one in twenty failed. The contrast ratio of WCAG is a worse measure: pairs of 3.7 : 1 failed.
 * ISO/IEC 15415 also grades 40 % as sufficient.
 */
const leastDifference = 0.4

/**
 * How bright dots may be compared with the background. Many scanners treat a uniform area as dark only if it is
 * darker than half of its surroundings (ZXing's hybrid binarizer does), and a module can fill such an area.
 */
const mostShare = 0.5

/**
 * Says why a code in these colours (`#RRGGBB`) would be hard to scan, in words that follow the name of one of
 * the two; null if it would not. Light dots on a dark background are refused, because many scanners do not look
 * for them.
 */
export function scanProblem(
  dotColor: string,
  background: string,
  named: 'dot_color' | 'background',
): string | null {
  const pairs = weightings.map((weights) => [greyOf(dotColor, weights), greyOf(background, weights)] as const)
  const difference = Math.min(...pairs.map(([dots, ground]) => ground - dots))
  const share = Math.max(...pairs.map(([dots, ground]) => dots / ground))
  const wish = named === 'dot_color' ? 'must be darker than background' : 'must be lighter than dot_color'
  if (difference < 0) return `${wish}: many scanners read no light dots on a dark ground`
  if (difference < leastDifference) {
    return `${wish} to be scanned: by ${percent(leastDifference)} of full brightness at least, and it is by ${percent(difference)}`
  }
  if (share > mostShare) {
    return `${wish} to be scanned: dots may be ${percent(mostShare)} as bright, and are ${percent(share)}`
  }
  return null
}

/** Never rounded across a limit that it misses. */
function percent(share: number): string {
  return `${share > mostShare ? Math.ceil(share * 100) : Math.floor(share * 100)} %`
}

/** From 0, black, to 1, white. */
function greyOf(color: string, [red, green, blue]: (typeof weightings)[number]): number {
  const channel = (start: number) => parseInt(color.slice(start, start + 2), 16) / 255
  return red * channel(1) + green * channel(3) + blue * channel(5)
}
