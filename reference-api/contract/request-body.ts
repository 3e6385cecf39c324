import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchema } from 'fastify'
import { validationFailed, type FieldErrors } from '../http/api-error.ts'
import { toFieldErrors } from '../http/field-errors.ts'
import { bodySchema, type Schema } from './openapi.ts'

/** What a rule that JSON Schema cannot say has against a body, of which nothing is certain yet. */
export type BodyRule = (body: unknown) => FieldErrors

// A body of the largest bulk has half as many. More only make answers long and the server slow.
const maxParts = 10_000

// Unlike in a query, 5 is no text and "5" no number here, and nothing is filled in: a PATCH names what is to change.
const ajv = new Ajv({ allErrors: true, strict: true, keywords: ['example'] })
addFormats.default(ajv)

/**
 * Options of a route whose body is as openapi.yaml says and keeps some rules besides. Whatever is wrong is reported
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

/** Not by recursion: a body may be nested deeper than a stack is high. */
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
