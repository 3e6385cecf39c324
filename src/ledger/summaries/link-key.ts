import type { QrCode } from '../../streams/qr-codes.ts'
import type { LinkRule } from '../../streams/summaries.ts'
import { urlParameter } from '../../streams/url-parameter.ts'

/** The key that a code names by a rule. */
export interface NamedKey {
  key: string
  /** The key with `+` as in the URL, if a `+` was read as a space. */
  asWritten: string | null
}

/** Null if the code names nothing. */
export function keyOf(code: QrCode, { source }: LinkRule): NamedKey | null {
  if (!('parameter' in source)) return namedKey(fieldOf(code, source.field), null)
  const found = urlParameter(code.destination_url, source.parameter)
  return namedKey(found?.value ?? null, found?.asWritten ?? null)
}

function namedKey(value: string | null, asWritten: string | null): NamedKey | null {
  const key = spelled(value ?? '')
  return key === '' ? null : { key, asWritten: asWritten === null ? null : spelled(asWritten) }
}

/** The case of an e-mail address does not matter. That of any other key may. */
function spelled(value: string): string {
  const key = value.trim()
  return key.includes('@') ? key.toLowerCase() : key
}

/** Reads a field of the code itself, even one that this version does not know. */
function fieldOf(code: QrCode, field: string): string | null {
  const value = Object.hasOwn(code, field) ? code[field as keyof QrCode] : ownField(code.extra, field)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function ownField(extra: QrCode['extra'], field: string): unknown {
  return extra !== null && Object.hasOwn(extra, field) ? extra[field] : null
}
