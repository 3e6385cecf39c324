import type { z } from 'zod'
import { ApiError } from './api-error.ts'
import { parseBounded, TooDeep } from '../model/json-depth.ts'
import type { Call } from './call.ts'
import type { Echo } from './echo.ts'

/**
 * Parses the body of a successful response.
 *
 * @throws ApiError API_RESPONSE_INVALID that names the field and its value
 */
export function parseAnswer<T>(schema: z.ZodType<T>, body: string, status: number, call: Call): T {
  const refuse = (what: string) =>
    new ApiError(
      'API_RESPONSE_INVALID',
      `${call.label}: ${what}. qrsync retries automatically. If this persists, check source.url or update qrsync.`,
      { retry: 'backoff', endpoint: call.endpoint, status },
    )

  let json: unknown
  try {
    json = parseBounded(body)
  } catch (error) {
    if (error instanceof TooDeep) throw refuse(`the answer (${status}) is ${error.message}`)
    throw refuse(`the answer (${status}) is not JSON, it begins with "${call.echo(body, 80)}"`)
  }

  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw refuse(describeIssue(result.error, json, 'the answer', call.echo))
}

/**
 * Describes a mismatch for people: `scanned_at is "yesterday" (expected an RFC 3339 date-time with a zone)`.
 *
 * @param whole what to call the value itself
 * @param hides whether the value of a field must not be shown
 */
export function describeIssue(
  { issues: [issue] }: z.ZodError,
  value: unknown,
  whole: string,
  echo: Echo,
  hides: (field: string) => boolean = () => false,
): string {
  const path = issue?.path ?? []
  const expected = echo(issue?.message.replace(/^Invalid input: /, '') ?? '')
  const name = path.length === 0 ? whole : echo(fieldName(path))
  if (hides(String(path[0]))) {
    return `${name} has the wrong type (${expected}); privacy hides its value`
  }
  const wrong = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value)
  return `${name} is ${shown(wrong, echo)} (${expected})`
}

function shown(value: unknown, echo: Echo): string {
  if (value === undefined) return 'missing'
  return typeof value === 'string' ? `"${echo(value, 60)}"` : echo(JSON.stringify(value), 60)
}

/** Names a field as a reader would look it up in the response: `data[17].scanned_at`. */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('')
}
