import { z } from 'zod'

const context = z.record(z.string(), z.union([z.array(z.coerce.string()), z.coerce.string()])).catch({})

const detail = z.object({
  message: z.string().catch(''),
  code: z.string().catch(''),
  context,
})

/** Of a whole answer, or of one of the `errors` in a 207. HubSpot says that each field may be missing. */
const errorBody = z.object({
  message: z.string().catch(''),
  category: z.string().catch(''),
  subCategory: z.string().catch(''),
  policyName: z.string().catch(''),
  context,
  errors: z.array(detail).catch([]),
})

/** What HubSpot holds against a call, or against inputs of a batch. */
export interface Refusal {
  /** Whether it is HubSpot's: what stands between answers with pages of its own. */
  isHubSpots: boolean
  /** In the vendor's words, on one line. */
  reason: string
  /** Such as `VALIDATION_ERROR`, `CONFLICT`, `MISSING_SCOPES`; '' where it tells none. */
  category: string
  /** The codes of its details, such as `PROPERTY_DOESNT_EXIST`. */
  codes: readonly string[]
  /** Which of the limits is reached, with a 429; '' where it tells none. */
  policyName: string
  /** Any of these would do, with a 403. */
  scopes: readonly string[]
  /** What it names of the inputs of a batch. */
  traceIds: readonly string[]
  ids: readonly string[]
}

/** Each problem that a message about property values carries, as JSON in the middle of its text. */
const valueProblems = z.array(z.object({ message: z.string().catch(''), error: z.string().catch('') }))

/**
 * @param text anything: what is no error of HubSpot's (a proxy's page) becomes its own reason
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling
 */
export function parseRefusal(text: string): Refusal {
  let json: unknown
  try {
    json = JSON.parse(text)
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

/** What others sent is shown on one line, without control or invisible characters, and cut. */
function oneLine(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
  return (line.length > 300 ? `${line.slice(0, 300)}…` : line).toWellFormed()
}
