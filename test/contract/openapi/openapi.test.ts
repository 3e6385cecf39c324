/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- the document is walked as it is, whatever its shape */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const document: any = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8'))
const methods = ['get', 'post', 'patch', 'delete']

const operations = Object.entries<any>(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => (item[method] ? [{ path, method, item, operation: item[method] }] : [])),
)

function resolve(value: any): any {
  if (value?.$ref === undefined) return value
  return value.$ref
    .slice(2)
    .split('/')
    .reduce((found: any, name: string) => found[name], document)
}

function inline(value: any): any {
  const target = resolve(value)
  if (Array.isArray(target)) return target.map(inline)
  if (target === null || typeof target !== 'object') return target
  return Object.fromEntries(Object.entries(target).map(([name, member]) => [name, inline(member)]))
}

test('openapi.yaml describes the ten endpoints and the redirect', () => {
  expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted()).toEqual(
    [
      'GET /me',
      'POST /qr-codes',
      'GET /qr-codes',
      'GET /qr-codes/{id}',
      'PATCH /qr-codes/{id}',
      'DELETE /qr-codes/{id}',
      'GET /qr-codes/{id}/image',
      'GET /qr-codes/{id}/analytics',
      'GET /qr-codes/{id}/scans',
      'POST /qr-codes/bulk',
      'GET /r/{slug}',
    ].toSorted(),
  )
})

test('its endpoints and their plans are those of README’s table', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| ([A-Z]+) \| `\/api\/v1(\/.*)` \| .+ \| (.+) \|$/gm)]
  const ofApi = operations.filter(({ item }) => item.servers === undefined)
  expect(rows.map(([, method, path, plan]) => `${method} ${path}: ${plan}`).toSorted()).toEqual(
    ofApi
      .map(({ method, path, operation }) => {
        const isForPro = /Pro\s+and\s+Advanced\.\s*$/.test(operation.description)
        expect(isForPro || operation.description.trimEnd().endsWith('Advanced only.')).toBe(true)
        return `${method.toUpperCase()} ${path}: ${isForPro ? 'Pro+' : 'Advanced only'}`
      })
      .toSorted(),
  )
})

describe.each(operations.map((each) => [each.operation.operationId, each] as const))(
  '%s',
  (_, { path, item, operation }) => {
    test('has descriptions of itself, its parameters and its responses', () => {
      expect(operation.summary).toBeTruthy()
      expect(operation.description).toBeTruthy()
      expect(operation.tags.every((tag: string) => document.tags.some(({ name }: any) => name === tag))).toBe(
        true,
      )
      for (const parameter of [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve)) {
        expect(parameter.description, parameter.name).toBeTruthy()
      }
      for (const answer of Object.values<any>(operation.responses).map(resolve)) {
        expect(answer.description).toBeTruthy()
      }
    })

    test('documents the errors that any call can meet', () => {
      const always = path.startsWith('/r/') ? ['500', '503'] : ['401', '403', '429', '500', '503']
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(always))
      if (path.includes('{id}')) expect(operation.responses).toHaveProperty('404')
    })

    test('has examples that match their schemas', () => {
      const ajv = new Ajv({ strict: true, allErrors: true, keywords: ['example'] })
      addFormats.default(ajv)
      const contents = [operation.requestBody, ...Object.values(operation.responses)]
        .map((part) => resolve(part)?.content?.['application/json'])
        .filter(Boolean)
      for (const { schema, example, examples = {} } of contents) {
        const check = ajv.compile(inline(schema))
        const given = [
          ...(example ? [example] : []),
          ...Object.values<any>(examples).map(({ value }) => value),
        ]
        for (const each of given) expect(check(each), JSON.stringify(check.errors)).toBe(true)
      }
    })
  },
)

test('every field of every schema has a description, and an example that matches the schema', () => {
  const ajv = new Ajv({ strict: true, keywords: ['example'] })
  addFormats.default(ajv)
  for (const [name, schema] of Object.entries<any>(document.components.schemas)) {
    expect(schema.description ?? schema.$ref, name).toBeTruthy()
    for (const [field, property] of Object.entries<any>(schema.properties ?? {})) {
      const { description, example } = resolve(property)
      expect(description, `${name}.${field}`).toBeTruthy()
      if (example !== undefined) {
        expect(ajv.validate(inline(property), example), `${name}.${field}`).toBe(true)
      }
    }
  }
})

test('the Error schema lists every error code of the document', () => {
  const known: string[] = document.components.schemas.Error.properties.code.enum
  const named = new Set(JSON.stringify(document).match(/`[A-Z]+_[A-Z_]+`|`UNAUTHORIZED`|`UNAVAILABLE`/g))
  expect([...named].map((code) => code.slice(1, -1)).toSorted()).toEqual(known.toSorted())
})

test('no value is null because of a mistake in the YAML', () => {
  const slips: string[] = []
  const visit = (value: any, path: string): void => {
    if (value === null && !/(referrer|logo_url|last_scanned_at|example)$/.test(path)) slips.push(path)
    if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) visit(member, `${path}/${name}`)
    }
  }
  visit(document, '')
  expect(slips).toEqual([])
})
