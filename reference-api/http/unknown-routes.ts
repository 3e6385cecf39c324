import type { FastifyInstance, FastifyRequest } from 'fastify'
import { methodNotAllowed, notFound, type ApiError } from './api-error.ts'

/**
 * Records routes that are added from now on, and returns the response to a request that matches none of them:
 * 404, or 405 if its path supports other methods.
 */
export function watchRoutes(server: FastifyInstance): (request: FastifyRequest) => ApiError {
  const methodsByUrl = new Map<string, Set<string>>()

  server.addHook('onRoute', ({ url, method }) => {
    const known = methodsByUrl.get(url) ?? new Set()
    methodsByUrl.set(url, new Set([...known, ...[method].flat()]))
  })

  return (request) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const url = methodsByUrl.has(path) ? path : [...methodsByUrl.keys()].find((url) => isOf(url, path))
    const methods = url === undefined ? undefined : methodsByUrl.get(url)
    return methods === undefined ? notFound() : methodNotAllowed(request.method, [...methods].toSorted())
  }
}

/** Whether a path matches a route: `/qr-codes/:id` matches `/qr-codes/1`. */
function isOf(url: string, path: string): boolean {
  const [names, parts] = [url.split('/'), path.split('/')]
  return (
    names.length === parts.length &&
    names.every((name, index) => (name.startsWith(':') ? parts[index] !== '' : name === parts[index]))
  )
}
