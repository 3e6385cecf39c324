import type { z } from 'zod'
import { isCleartext, isLoopback } from './values/web-url.ts'
import type { configSchema } from './schema.ts'

type Content = z.output<typeof configSchema>

const advice = 'or set allow_http: true if nobody else can read this network'

/** Reports settings that would send keys, tokens or rows unencrypted to another machine. */
export function cleartextIssues(config: Content): z.core.$ZodIssue[] {
  if (config.allow_http) return []
  const { source, observability, alerts, destinations } = config
  const issues = Object.entries({ source, observability, alerts, destinations })
    .flatMap(([name, value]) => addressesIn(value, [name]))
    // Only a link for people: qrsync sends nothing there.
    .filter(({ path }) => path.join('.') !== 'observability.temporal_ui')
  const temporal = temporalIssue(config.temporal)
  return temporal === null ? issues : [...issues, temporal]
}

/** Includes addresses of destinations from packages, whose settings only the packages know. */
function addressesIn(value: unknown, path: PropertyKey[]): z.core.$ZodIssue[] {
  if (typeof value === 'string') {
    if (!/^http:/i.test(value) || !isCleartext(value)) return []
    const message = `an address that begins with https:, since others can read what is sent over http:; use https:, ${advice}`
    return [{ code: 'custom', path, message, input: value }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => addressesIn(inner, [...path, key]))
}

function temporalIssue(temporal: Content['temporal']): z.core.$ZodIssue | null {
  if (temporal?.address === undefined || temporal.api_key === undefined || temporal.tls !== false) return null
  if (isLoopback(URL.parse(`http://${temporal.address}`)?.hostname ?? '')) return null
  const message = `true, since api_key is set and others can read it without TLS; remove tls, ${advice}`
  return { code: 'custom', path: ['temporal', 'tls'], message, input: false }
}
