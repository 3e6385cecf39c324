import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

interface Document {
  paths: Record<string, { servers?: unknown }>
}

/** What fuzzed requests may name, besides what is made up: ids and last parts of short URLs. */
export interface KnownNames {
  kept: string[]
  doomed: string[]
  slugs: string[]
}

const openapi = new URL('../../openapi.yaml', import.meta.url)

/** openapi.yaml for one server: schemathesis takes no path's own, so all paths are told from the root. */
export function specificationFromRoot(): object {
  const document = parse(readFileSync(openapi, 'utf8')) as Document
  const paths = Object.entries(document.paths).map(([path, { servers, ...item }]) => [
    servers === undefined ? `/api/v1${path}` : path,
    item,
  ])
  return { ...document, servers: [], paths: Object.fromEntries(paths) as object }
}

/** Rules beyond what a schema can say: the order of two moments, a contrast that can be scanned. */
const alsoRefused = ['createQrCode', 'createQrCodesInBulk', 'updateQrCode', 'getQrCodeAnalytics', 'listScans']

// Schemathesis' own, and 422.
const acceptedStatuses = ['2xx', '3xx', 401, 403, 404, 409, 422]

/** schemathesis.toml: most requests are about something that is there. */
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

[[operations]]
include-operation-id = ${JSON.stringify(alsoRefused)}
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify(acceptedStatuses)}
`
}
