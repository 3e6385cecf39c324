/** HTML that may stand in a page as it is. */
export interface Markup {
  readonly markup: string
}

export type Insertable = Markup | string | number | null | readonly Insertable[]

/**
 * HTML from a template. Whatever is inserted is text, and cannot become anything else, unless it was made by this function
 * too: it is escaped for both places where it may stand, between tags and inside a quoted attribute. Null is nothing.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return { markup: String.raw({ raw: strings }, ...values.map(toMarkup)) }
}

function toMarkup(value: Insertable): string {
  if (value === null) return ''
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return 'markup' in value ? value.markup : value.map(toMarkup).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters have no place in HTML, escaped or not. */
const unsafe = /[&<>"']|[^\P{Cc}\t\n\r]/gu

const escapeText = (text: string) => text.replace(unsafe, (character) => entities[character] ?? '\u{fffd}')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Text from the account, of any script and length: it cannot turn the direction of what stands around it, and what is beyond
 * so many characters is left out.
 */
export function foreignText(text: string, most = 200): Markup {
  return markup`<bdi>${clip(text, most)}</bdi>`
}

/** Characters are those that a reader sees, as a flag or a family is one. */
function clip(text: string, most: number): string {
  if (text.length <= most) return text
  const start = graphemes
    .segment(text.slice(0, most * 20))
    [Symbol.iterator]()
    .take(most)
    .map(({ segment }) => segment)
    .toArray()
    .join('')
  return start.length < text.length ? `${start}…` : start
}
