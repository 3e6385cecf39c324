import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { documentedAnswers, type DocumentedAnswer, type Json, type Schema } from './openapi.ts'

/**
 * Compares every response with openapi.yaml, and reports mismatches. For tests: it costs more than the response
 * itself.
 */
export function checkResponses(server: FastifyInstance, report: (violation: string) => void): void {
  const ajv = new Ajv({ strict: true, allErrors: true, keywords: ['example'] })
  addFormats.default(ajv)
  const known = new Map<string, Map<number, Check>>()

  function checksOf(operationId: string): Map<number, Check> {
    let checks = known.get(operationId)
    if (checks === undefined) {
      const answers = [...documentedAnswers(operationId)]
      checks = new Map(answers.map(([status, answer]) => [status, toCheck(answer, ajv)]))
      known.set(operationId, checks)
    }
    return checks
  }

  server.addHook('onSend', (request, reply, payload, done) => {
    const { operationId } = request.routeOptions.config
    if (operationId !== undefined && request.method !== 'HEAD') {
      const check = checksOf(operationId).get(reply.statusCode)
      const violation = check === undefined ? 'this status is not documented' : check(reply, payload)
      if (violation !== null) report(`${operationId} ${reply.statusCode}: ${violation}`)
    }
    done(null, payload)
  })
}

/** Returns what is wrong with a response, or null. */
type Check = (reply: FastifyReply, payload: unknown) => string | null

function toCheck({ schema, mediaType, headers }: DocumentedAnswer, ajv: Ajv): Check {
  const isValid: ValidateFunction | null = schema && ajv.compile(closed(schema))
  return (reply, payload) => {
    const missing = headers.find((name) => !reply.hasHeader(name))
    if (missing !== undefined) return `the header ${missing} is missing`
    if (mediaType === null) return payload ? 'this answer has no body' : null
    const type = String(reply.getHeader('content-type'))
    if (!type.startsWith(mediaType)) return `${type} is not ${mediaType}`
    return isValid === null || isValid(JSON.parse(String(payload))) ? null : ajv.errorsText(isValid.errors)
  }
}

/** Clients must accept unknown fields, but the server must not send undocumented ones. */
function closed(schema: Schema): Schema {
  const members = Object.entries(schema).map(([name, value]): [string, Json] => [
    name,
    Array.isArray(value) || value === null || typeof value !== 'object' ? value : closed(value),
  ])
  const isOpenObject = schema['type'] === 'object' && schema['additionalProperties'] === undefined
  return { ...Object.fromEntries(members), ...(isOpenObject && { additionalProperties: false }) }
}
