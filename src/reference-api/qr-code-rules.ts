import type { FieldErrors } from './api-error.ts'

/** A body of POST /qr-codes, or an item of a bulk, of which nothing is certain yet. PATCH has the same fields. */
export function qrCodeRule(body: unknown): FieldErrors {
  const { name, destination_url, render_customizations } = membersOf(body)
  return {
    ...(typeof name === 'string' && !name.isWellFormed() && { name: ['must be well-formed Unicode'] }),
    ...(typeof destination_url === 'string' && destinationRule(destination_url)),
    ...logoRule(membersOf(render_customizations)['logo_url']),
  }
}

/** A body of POST /qr-codes/bulk. */
export function bulkRule(body: unknown): FieldErrors {
  const items = membersOf(body)['qr_codes']
  if (!Array.isArray(items)) return {}
  return Object.fromEntries(
    items.flatMap((item, index) =>
      Object.entries(qrCodeRule(item)).map(([field, messages]) => [`qr_codes[${index}].${field}`, messages]),
    ),
  )
}

// What an RFC calls an address is more than what a browser opens: `http://a%20b/` and `http://1.2.3.999/`, say.
function destinationRule(address: string): FieldErrors {
  return URL.canParse(address) ? {} : { destination_url: ['must be a valid web address'] }
}

function logoRule(address: unknown): FieldErrors {
  if (typeof address !== 'string') return {}
  const url = URL.parse(address)
  if (url === null) return { 'render_customizations.logo_url': ['must be a valid web address'] }
  const hasCredentials = url.username !== '' || url.password !== ''
  return hasCredentials ? { 'render_customizations.logo_url': ['must not hold a user name or password'] } : {}
}

function membersOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}
