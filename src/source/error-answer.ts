import { z } from 'zod'
import type { Echo } from './echo.ts'

/** Whatever an answer holds, an error must come of it: so nothing here is required. */
const errorAnswer = z.object({
  error: z.string().catch(''),
  code: z.string().nullable().catch(null),
  fields: z.record(z.string(), z.unknown()).catch({}),
})

/** What every refusal of the API itself has, and a proxy's JSON has not. */
const ownRefusal = z.object({ success: z.literal(false), code: z.string().min(1) })

export interface ErrorAnswer {
  /** Whether it is the JSON of the API itself (`success: false` and a `code`): only then its verdict counts. */
  isOwn: boolean
  code: string | null
  says: string[]
}

/**
 * The body of a refusal, fit to be shown. `says` has the message for people and the problems of single fields, where the
 * answer has them; of something else than the API's JSON (a proxy's page), its beginning.
 */
export function parseErrorAnswer(body: string, echo: Echo): ErrorAnswer {
  let answer: z.output<typeof errorAnswer>
  let isOwn = false
  try {
    const json: unknown = JSON.parse(body)
    answer = errorAnswer.parse(json)
    isOwn = ownRefusal.safeParse(json).success
  } catch {
    answer = { error: body, code: null, fields: {} }
  }
  const problems = Object.entries(answer.fields).map(([field, messages]) => `${field} ${inWords(messages)}`)
  return {
    isOwn,
    code: answer.code === null ? null : echo(answer.code, 64),
    says: [echo(answer.error).replace(/\.$/, ''), echo(problems.join('; '), 300)].filter(
      (part) => part !== '',
    ),
  }
}

function inWords(messages: unknown): string {
  const list = Array.isArray(messages) ? messages : [messages]
  return list.map((message) => (typeof message === 'string' ? message : JSON.stringify(message))).join(', ')
}
