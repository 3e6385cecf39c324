/**
 * Characters that a terminal, or a log viewer, executes instead of showing: control characters (C0 except tab
 * and line feed, C1), and those that change the direction of text, so that it reads as something else.
 */
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Shows them like JSON, `\u001b`, so that JSON stays the same JSON. Line feeds stay, because they are part of
 * the text.
 */
export function visible(text: string): string {
  return text.replace(invisible, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Prepares text of other systems for a line of ours: a line break in it does not start a new line. */
export function visibleInLine(text: string): string {
  return visible(text.replace(/\s*[\n\r\u0085\u2028\u2029]\s*/g, ' '))
}

/** Characters that show nothing, also in the forms in which JSON and Node's `inspect` escape them. */
const unseen =
  /[\p{Cf}\p{Default_Ignorable_Code_Point}\u0000-\u0008\u000b-\u001f\u007f-\u009f]|(?<=(?<!\\)(?:\\\\)*)\\(?:u00[01][0-9a-f]|[bfr]|x(?:[01][0-9A-F]|7F|[89][0-9A-F]))/gu

/**
 * Takes secrets out of a text with `scrub`, even if unseen characters stand between their letters. Other texts keep
 * these characters, which emoji and some languages need.
 */
export function scrubUnseen(text: string, scrub: (text: string) => string): string {
  const seen = text.replace(unseen, '')
  const scrubbed = scrub(seen)
  return scrubbed === seen ? scrub(text) : scrubbed
}

/** Applies {@link visibleInLine} to each text in a value, including those in maps. */
export function withVisibleText<Value>(value: Value): Value {
  return copied(value) as Value
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return visibleInLine(value)
  if (Array.isArray(value)) return value.map(copied)
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [copied(key), copied(inner)]))
  if (value instanceof Set) return new Set([...value].map(copied))
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      copied(key),
      copied(key === 'message' && typeof inner === 'string' ? inSentences(inner) : inner),
    ]),
  )
}

/** A message of ours has a sentence on each line; on one line, a full stop ends each. */
function inSentences(message: string): string {
  return message.replaceAll(/(?<![.!?:;,])\s*\n\s*/g, '. ')
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
