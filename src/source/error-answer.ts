import { z } from 'zod'
import { parseBounded } from '../model/json-depth.ts'
import type { Echo } from './echo.ts'

/** Nothing is required here, because any response must become an error. */
const errorAnswer = z.object({
  error: z.string().catch(''),
  code: z.string().nullable().catch(null),
  fields: z.record(z.string(), z.unknown()).catch({}),
})

/** Every refusal of the API itself has these fields, and a proxy's JSON does not. */
const ownRefusal = z.object({ success: z.literal(false), code: z.string().min(1) })

export interface ErrorAnswer {
  /** Whether it is JSON of the API itself (`success: false` and a `code`). Only then does its verdict count. */
  isOwn: boolean
  code: string | null
  says: string[]
}

/**
 * Parses the body of a refusal, safe to show. `says` contains the message for people and the problems of single
 * fields, if the response has them. For anything but the API's JSON (a proxy's page), it is its beginning.
 */
export function parseErrorAnswer(body: string, echo: Echo): ErrorAnswer {
  let answer: z.output<typeof errorAnswer>
  let isOwn = false
  try {
    const json: unknown = parseBounded(body)
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
