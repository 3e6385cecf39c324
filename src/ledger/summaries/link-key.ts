import type { QrCode } from '../../streams/qr-codes.ts'
import type { LinkRule } from '../../streams/summaries.ts'

/** What a code names by a rule, or null where it names nothing. */
export function keyOf(code: QrCode, { source }: LinkRule): string | null {
  const found =
    'parameter' in source ? parameterOf(code.destination_url, source.parameter) : fieldOf(code, source.field)
  const key = found?.trim() ?? ''
  if (key === '') return null
  // An e-mail address is the same however it is written; any other key may not be.
  return key.includes('@') ? key.toLowerCase() : key
}

function parameterOf(url: string | null, parameter: string): string | null {
  if (url === null || !URL.canParse(url)) return null
  return new URL(url).searchParams.get(parameter)
}

/** Of the code itself, one that this version does not know included. */
function fieldOf(code: QrCode, field: string): string | null {
  const value = Object.hasOwn(code, field) ? code[field as keyof QrCode] : ownField(code.extra, field)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function ownField(extra: QrCode['extra'], field: string): unknown {
  return extra !== null && Object.hasOwn(extra, field) ? extra[field] : null
}
