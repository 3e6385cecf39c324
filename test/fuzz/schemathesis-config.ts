import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Specification {
  paths: Record<string, { servers?: unknown; parameters?: unknown[] }>
}

/** Existing values for fuzzed requests, besides random ones: ids, and last parts of short URLs. */
export interface KnownNames {
  kept: string[]
  doomed: string[]
  slugs: string[]
}

const openapi = new URL('../../openapi.yaml', import.meta.url)

/**
 * openapi.yaml says that an endpoint ignores unknown query parameters. With one such parameter, there are
 * always more requests to make, even for an endpoint without other parameters.
 */
const unknownParameter = { name: 'unknown', in: 'query', schema: { type: 'string' } }

/**
 * openapi.yaml for one server: schemathesis does not support servers of single paths, so all paths start at the
 * root.
 */
export function specificationFromRoot(): Specification & { servers: [] } {
  const specification = parse(readFileSync(openapi, 'utf8')) as Specification
  const paths = Object.entries(specification.paths).map(([path, { servers, parameters = [], ...item }]) => [
    servers === undefined ? `/api/v1${path}` : path,
    { ...item, parameters: [...parameters, unknownParameter] },
  ])
  return { ...specification, servers: [], paths: Object.fromEntries(paths) as Specification['paths'] }
}

/** The possible responses to a valid request. */
const usual = ['2xx', '3xx', 401, 403, 404]

/**
 * Rules that a schema cannot express: one of two times comes first, and a contrast must be high enough to be
 * scanned.
 */
const withOwnRules = [
  'createQrCode',
  'createQrCodesInBulk',
  'updateQrCode',
  'getQrCodeAnalytics',
  'listScans',
]

/** schemathesis.toml: all checks, and most requests for existing codes. */
export function configFor({ kept, doomed, slugs }: KnownNames): string {
  return `
[dictionaries]
kept = { values = ${JSON.stringify(kept)} }
doomed = { values = ${JSON.stringify(doomed)} }
slugs = { values = ${JSON.stringify(slugs)} }

[parameters]
"path.id" = { dictionary = "kept", probability = 0.8 }
"path.slug" = { dictionary = "slugs", probability = 0.8 }

[[operations]]
include-operation-id = "deleteQrCode"
parameters = { "path.id" = { dictionary = "doomed", probability = 0.5 } }
# With what it has seen in answers, schemathesis ends early here: each deletion takes something out of that again.
phases.fuzzing.extra-data-sources.responses = false

[[operations]]
include-operation-id = ${JSON.stringify(withOwnRules)}
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify([...usual, 422])}

[[operations]]
include-operation-id = "openShortUrl"
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify([...usual, 410])}
`
}
