import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { validationError } from '../errors.ts'
import { requestModels, type RequestModel } from './request-models.ts'

/** A request that violates the vendor's model. */
export interface Violation {
  /** Method and path template. */
  call: string
  problem: string
}

const validators = compile()

/**
 * Checks a body with the vendor's model, and answers wrong JSON like the live
 * API ("Invalid input JSON on line 1": https://github.com/HubSpot/hubspot-api-php/issues/91). An unknown field is only noted, because the live API ignores such
 * fields; everything else is refused as well.
 *
 * @throws 400
 */
export function checkBody(model: RequestModel, body: unknown, note: (problem: string) => void): void {
  const validate = validators.get(model)
  if (validate === undefined || validate(body)) return
  const errors = validate.errors ?? []
  for (const error of errors) note(`${model}: ${spell(error)}`)
  const refused = errors.filter((error) => error.keyword !== 'additionalProperties')
  if (refused.length === 0) return
  const missing = refused.filter((error) => error.keyword === 'required').map((error) => missingName(error))
  throw validationError(
    missing.length > 0
      ? `Invalid input JSON on line 1, column 2: Some required fields were not set: [${[...new Set(missing)].join(', ')}]`
      : `Invalid input JSON on line 1, column 2: ${refused.map(spell).join('; ')}`,
  )
}

export type QueryField = 'text' | 'flag' | 'int' | 'list'

/**
 * Reads a query string; unknown parameters are noted and ignored.
 *
 * @throws 400 for a value of the wrong type
 */
export function readQuery<T extends Record<string, QueryField>>(
  fields: T,
  query: unknown,
  note: (problem: string) => void,
): { [Name in keyof T]?: T[Name] extends 'list' ? string[] : string } {
  const result: Record<string, string | string[]> = {}
  for (const [name, given] of Object.entries(query as Record<string, string | string[]>)) {
    const kind = fields[name]
    const value = String(given)
    if (kind === undefined) note(`query: no parameter ${name}`)
    else if ((kind === 'flag' && !/^(true|false)$/.test(value)) || (kind === 'int' && !/^\d+$/.test(value))) {
      note(`query: ${name}=${value}`)
      throw validationError(`Invalid value for query parameter ${name}`)
    } else result[name] = kind === 'list' ? value.split(',') : value
  }
  return result as { [Name in keyof T]?: T[Name] extends 'list' ? string[] : string }
}

function compile(): Map<RequestModel, ValidateFunction> {
  const ajv = new Ajv({ allErrors: true })
  return new Map(
    Object.entries(requestModels).map(([name, schema]) => [name as RequestModel, ajv.compile(schema)]),
  )
}

function missingName(error: ErrorObject): string {
  return String((error.params as { missingProperty: unknown }).missingProperty)
}

function spell(error: ErrorObject): string {
  const more = (error.params as { additionalProperty?: string }).additionalProperty
  return `${error.instancePath || 'body'} ${error.message ?? 'is not valid'}${more === undefined ? '' : ` (${more})`}`
}
