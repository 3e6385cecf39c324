import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import type { Json, Schema } from './openapi.ts'
import { responseSchemas } from './openapi.ts'

/**
 * Holds every answer against openapi.yaml, and tells `report` of those that differ. For tests: it costs more than the
 * answer itself.
 */
export function checkResponses(server: FastifyInstance, report: (violation: string) => void): void {
  const ajv = new Ajv({ strict: true, allErrors: true, keywords: ['example'] })
  addFormats.default(ajv)
  const checks = new Map<string, Map<number, ValidateFunction | null>>()

  function checksOf(operationId: string) {
    const known = checks.get(operationId)
    if (known !== undefined) return known
    const made = new Map(
      [...responseSchemas(operationId)].map(([status, schema]) => [
        status,
        schema && ajv.compile(closed(schema)),
      ]),
    )
    checks.set(operationId, made)
    return made
  }

  server.addHook('onSend', (request, reply, payload, done) => {
    const { operationId } = request.routeOptions.config
    if (operationId !== undefined && request.method !== 'HEAD') {
      const check = checksOf(operationId).get(reply.statusCode)
      const where = `${operationId} ${reply.statusCode}`
      if (check === undefined) report(`${where}: this status is not documented`)
      else if (check === null && payload) report(`${where}: this answer has no body`)
      else if (check !== null && !check(JSON.parse(String(payload))))
        report(`${where}: ${ajv.errorsText(check.errors)}`)
    }
    done(null, payload)
  })
}

/** Clients must accept fields that they do not know, but the server must not send any that are not documented. */
function closed(schema: Schema): Schema {
  const members = Object.entries(schema).map(([name, value]): [string, Json] => [
    name,
    Array.isArray(value) || value === null || typeof value !== 'object' ? value : closed(value),
  ])
  const isOpenObject = schema['type'] === 'object' && schema['additionalProperties'] === undefined
  return { ...Object.fromEntries(members), ...(isOpenObject && { additionalProperties: false }) }
}
