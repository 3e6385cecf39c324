/** HTML that can be part of a page as it is. */
export interface Markup {
  readonly markup: string
}

export type Insertable = Markup | string | number | null | readonly Insertable[]

/**
 * Makes HTML from a template. Inserted values are text, unless this function made them too. They are escaped
 * for both places where they may appear: between tags and inside a quoted attribute. Null becomes nothing.
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

/** HTML must not contain control characters, escaped or not. */
const unsafe = /[&<>"']|[^\P{Cc}\t\n\r]/gu

const escapeText = (text: string) => text.replace(unsafe, (character) => entities[character] ?? '\u{fffd}')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Text from the account, in any script and of any length: it cannot reverse the direction of the text around
 * it, and is cut after a number of characters.
 */
export function foreignText(text: string, most = 200): Markup {
  return markup`<bdi>${clip(text, most)}</bdi>`
}

/** Counts visible characters: a flag or a family is one. */
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
