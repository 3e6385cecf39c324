import type { FieldErrors } from '../http/api-error.ts'
import { scanProblem } from '../image/scan-contrast.ts'
import { defaultCustomizations } from '../image/render-customizations.ts'

/** Checks a body of POST /qr-codes, or an item of a bulk, which may be anything. */
export function newQrCodeRule(body: unknown): FieldErrors {
  const { dot_color, background } = { ...defaultCustomizations, ...colorsIn(body) }
  return { ...changedQrCodeRule(body), ...contrastRule(dot_color, background) }
}

/**
 * Checks a body of PATCH /qr-codes/{id}. A single colour can only be judged together with the other colour of
 * the code.
 */
export function changedQrCodeRule(body: unknown): FieldErrors {
  const { name, destination_url, render_customizations } = membersOf(body)
  const { dot_color, background } = colorsIn(body)
  return {
    ...(typeof name === 'string' && !name.isWellFormed() && { name: ['must be well-formed Unicode'] }),
    ...(typeof destination_url === 'string' && destinationRule(destination_url)),
    ...logoRule(membersOf(render_customizations)['logo_url']),
    ...(dot_color !== undefined && background !== undefined && contrastRule(dot_color, background)),
  }
}

/** Checks a body of POST /qr-codes/bulk. */
export function bulkRule(body: unknown): FieldErrors {
  const items = membersOf(body)['qr_codes']
  if (!Array.isArray(items)) return {}
  return Object.fromEntries(
    items.flatMap((item, index) =>
      Object.entries(newQrCodeRule(item)).map(([field, messages]) => [
        `qr_codes[${index}].${field}`,
        messages,
      ]),
    ),
  )
}

/**
 * Refuses colours that a scanner could not distinguish.
 *
 * @param field the field of the request, which the error names
 */
export function contrastRule(
  dotColor: unknown,
  background: unknown,
  field: 'dot_color' | 'background' = 'dot_color',
): FieldErrors {
  if (!isColor(dotColor) || !isColor(background)) return {}
  const problem = scanProblem(dotColor, background, field)
  return problem === null ? {} : { [`render_customizations.${field}`]: [problem] }
}

function isColor(value: unknown): value is string {
  return typeof value === 'string' && /^#[0-9A-F]{6}$/i.test(value)
}

function colorsIn(body: unknown): { dot_color?: unknown; background?: unknown } {
  const { dot_color, background } = membersOf(membersOf(body)['render_customizations'])
  return { ...(dot_color !== undefined && { dot_color }), ...(background !== undefined && { background }) }
}

// RFCs allow addresses that browsers do not open, such as `http://a%20b/` and `http://1.2.3.999/`.
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
