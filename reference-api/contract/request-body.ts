import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchema } from 'fastify'
import { validationFailed, type FieldErrors } from '../http/api-error.ts'
import { toFieldErrors } from '../http/field-errors.ts'
import { bodySchema, type Schema } from './openapi.ts'

/** Checks a rule that JSON Schema cannot express, for a body that may be anything. */
export type BodyRule = (body: unknown) => FieldErrors

// The largest bulk has half as many parts. More only make long responses and a slow server.
const maxParts = 10_000

// Unlike in a query, 5 is not a string and "5" not a number here, and no defaults are filled in: a PATCH names
// what to change.
const ajv = new Ajv({ allErrors: true, strict: true, keywords: ['example'] })
addFormats.default(ajv)

/**
 * Returns the options of a route whose body follows openapi.yaml and some more rules. All mistakes are reported
 * together.
 */
export function bodyOf(
  operationId: string,
  rule: BodyRule = () => ({}),
): { schema: FastifySchema; validatorCompiler: FastifySchemaCompiler<FastifySchema> } {
  return {
    schema: { body: bodySchema(operationId) },
    validatorCompiler({ schema }) {
      const isValid = ajv.compile(schema as Schema)
      return (body: unknown) => {
        const fields = complaints(body, isValid, rule)
        return Object.keys(fields).length === 0 ? { value: body } : { error: validationFailed(fields) }
      }
    },
  }
}

interface Validator {
  (body: unknown): boolean
  errors?: ErrorObject[] | null
}

function complaints(body: unknown, isValid: Validator, rule: BodyRule): FieldErrors {
  if (hasTooManyParts(body)) return { body: [`must have at most ${maxParts} fields and items in all`] }
  const fields = isValid(body) ? {} : toFieldErrors(isValid.errors ?? [])
  for (const [name, messages] of Object.entries(rule(body))) fields[name] ??= messages
  return fields
}

/** Without recursion, because a body may be nested deeper than the stack allows. */
function hasTooManyParts(body: unknown): boolean {
  const open = [body]
  let parts = 0
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value === null || typeof value !== 'object') continue
    const members: unknown[] = Array.isArray(value) ? value : Object.values(value)
    parts += members.length
    if (parts > maxParts) return true
    for (const member of members) open.push(member)
  }
  return false
}
