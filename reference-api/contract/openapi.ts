import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** A JSON Schema in the form of OpenAPI 3.0, without references. */
export type Schema = Record<string, Json>

interface Parameter {
  name: string
  in: 'query' | 'path' | 'header'
  required?: boolean
  schema: Schema
}

interface Operation {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<
    string,
    { content?: Record<string, { schema: Schema }>; headers?: Record<string, { required?: boolean }> }
  >
}

interface PathItem {
  parameters?: Parameter[]
  [method: string]: unknown
}

const file = new URL('../../openapi.yaml', import.meta.url)
const methods = ['get', 'post', 'patch', 'delete']

const operations = readOperations()

/** Returns the schema of an operation's query, for Fastify's validation. */
export function querySchema(operationId: string): Schema {
  const parameters =
    operationOf(operationId).parameters?.filter((parameter) => parameter.in === 'query') ?? []
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

/** Returns the schema of an operation's body. */
export function bodySchema(operationId: string): Schema {
  const schema = operationOf(operationId).requestBody?.content['application/json']?.schema
  if (schema === undefined) throw new Error(`openapi.yaml has no body for "${operationId}"`)
  return schema
}

/** A documented response. */
export interface DocumentedAnswer {
  /** For JSON; null if the response is something else. */
  schema: Schema | null
  /** Such as `image/png`; null if the response has no body. */
  mediaType: string | null
  /** Headers that it always has. */
  headers: string[]
}

/** Returns the documented responses of an operation, by status. */
export function documentedAnswers(operationId: string): Map<number, DocumentedAnswer> {
  return new Map(
    Object.entries(operationOf(operationId).responses).map(([status, { content = {}, headers = {} }]) => [
      Number(status),
      {
        schema: content['application/json']?.schema ?? null,
        mediaType: Object.keys(content)[0] ?? null,
        headers: Object.keys(headers).filter((name) => headers[name]?.required === true),
      },
    ]),
  )
}

function operationOf(operationId: string): Operation {
  const operation = operations.get(operationId)
  if (operation === undefined) throw new Error(`openapi.yaml has no operation "${operationId}"`)
  return operation
}

function readOperations(): Map<string, Operation> {
  const document = parse(readFileSync(file, 'utf8')) as Json
  const { paths } = resolve(document, document) as unknown as { paths: Record<string, PathItem> }
  const found = new Map<string, Operation>()
  for (const item of Object.values(paths)) {
    for (const method of methods) {
      const operation = item[method] as Operation | undefined
      if (operation !== undefined) found.set(operation.operationId, operation)
    }
  }
  return found
}

/** Replaces each reference by its target. The document has no cycles. */
function resolve(value: Json, root: Json): Json {
  if (Array.isArray(value)) return value.map((item) => resolve(item, root))
  if (value === null || typeof value !== 'object') return value
  if (typeof value['$ref'] === 'string') return resolve(lookUp(value['$ref'], root), root)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolve(member, root)]))
}

function lookUp(reference: string, root: Json): Json {
  let value: Json | undefined = root
  for (const name of reference.slice('#/'.length).split('/')) {
    value = value !== null && typeof value === 'object' && !Array.isArray(value) ? value[name] : undefined
  }
  if (value === undefined) throw new Error(`openapi.yaml refers to ${reference}, which is not there`)
  return value
}
