import { z } from 'zod'
import { parseBounded } from '../../../model/json-depth.ts'

const context = z.record(z.string(), z.union([z.array(z.coerce.string()), z.coerce.string()])).catch({})

const detail = z.object({
  message: z.string().catch(''),
  code: z.string().catch(''),
  context,
})

/** A whole response, or one of the `errors` in a 207. HubSpot says that any field may be missing. */
const errorBody = z.object({
  message: z.string().catch(''),
  category: z.string().catch(''),
  subCategory: z.string().catch(''),
  policyName: z.string().catch(''),
  context,
  errors: z.array(detail).catch([]),
})

/** HubSpot's reason for refusing a call, or inputs of a batch. */
export interface Refusal {
  /** Whether it comes from HubSpot: proxies answer with pages of their own. */
  isHubSpots: boolean
  /** In the vendor's words, on one line. */
  reason: string
  /** Such as `VALIDATION_ERROR`, `CONFLICT` or `MISSING_SCOPES`; '' if there is none. */
  category: string
  /** The codes of its details, such as `PROPERTY_DOESNT_EXIST`. */
  codes: readonly string[]
  /** The reached limit, with a 429; '' if there is none. */
  policyName: string
  /** Scopes of which each would be enough, with a 403. */
  scopes: readonly string[]
  /** The inputs of a batch that it names. */
  traceIds: readonly string[]
  ids: readonly string[]
}

/** The problems that a message about property values contains, as JSON in the middle of its text. */
const valueProblems = z.array(z.object({ message: z.string().catch(''), error: z.string().catch('') }))

/**
 * @param text anything; a text that is not an error of HubSpot (a proxy's page) becomes the reason itself
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling
 */
export function parseRefusal(text: string): Refusal {
  let json: unknown
  try {
    json = parseBounded(text)
  } catch {
    return { ...readRefusal({ message: text }), isHubSpots: false }
  }
  return readRefusal(json)
}

export function readRefusal(json: unknown): Refusal {
  const { message, category, subCategory, policyName, context, errors } = errorBody.catch(nothing).parse(json)
  const problems = problemsIn(message)
  const contexts = [context, ...errors.map((each) => each.context)]
  const named = (...names: string[]) => [
    ...new Set(contexts.flatMap((each) => names.flatMap((name) => each[name] ?? []))),
  ]
  const messages = [...problems, ...errors].map((each) => each.message).filter((each) => each !== '')
  const words = messages.length > 0 ? [...new Set(messages)].join('; ') : message
  return {
    isHubSpots: message !== '' || category !== '' || errors.length > 0,
    reason: oneLine(words) || oneLine(category) || 'no reason given',
    category,
    codes: [...problems.map(({ error }) => error), ...errors.map(({ code }) => code), subCategory].filter(
      Boolean,
    ),
    policyName,
    scopes: named('requiredGranularScopes', 'missingScopes', 'requiredScopes'),
    traceIds: named('objectWriteTraceId'),
    ids: named('ids', 'id', 'fromObjectId'),
  }
}

const nothing = { message: '', category: '', subCategory: '', policyName: '', context: {}, errors: [] }

function problemsIn(message: string) {
  const start = message.indexOf('[{')
  if (start < 0) return []
  try {
    return valueProblems.catch([]).parse(JSON.parse(message.slice(start, message.lastIndexOf(']') + 1)))
  } catch {
    return []
  }
}

/** Shows text of other systems on one line, without control or invisible characters, and cut. */
function oneLine(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
  return (line.length > 300 ? `${line.slice(0, 300)}…` : line).toWellFormed()
}
