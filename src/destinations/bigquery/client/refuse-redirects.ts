import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'

const hosts = new Set<string>()

/**
 * Lets no request to a host follow a redirect. Google's client has no setting for that, and would accept a response from any
 * address that a redirect names. Without its address, a redirect is a response like any other, whose status is an error.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#http
 */
export function refuseRedirectsOf(endpoint: string): void {
  if (hosts.size === 0) subscribe('http.client.request.start', watch)
  hosts.add(new URL(endpoint).hostname)
}

function watch(message: unknown): void {
  const { request } = message as { request: ClientRequest }
  if (hosts.has(request.host)) request.prependListener('response', dropLocation)
}

function dropLocation({ rawHeaders, headers }: IncomingMessage): void {
  delete headers.location
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === 'location') rawHeaders.splice(at, 2)
  }
}
