import type { FastifyError, FastifyReply } from 'fastify'
import type { Socket } from 'node:net'
import { ApiError, internalError, notFound, unavailable, validationFailed } from './api-error.ts'
import { TooManyWaiting } from '../image/turns.ts'
import { toFieldErrors } from './field-errors.ts'

/** Sends an error in the API's envelope. */
export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  if (error.allow !== undefined) reply.header('allow', error.allow.join(', '))
  return reply
    .code(error.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(error.toEnvelope()))
}

/** Returns what the caller may know about an error of the code below. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const { validation, statusCode, code, errcode } = error as Partial<FastifyError> & { errcode?: number }
  if (validation !== undefined) return validationFailed(toFieldErrors(validation))
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return notFound()
  if (error instanceof TooManyWaiting || errcode === sqliteBusy || statusCode === 503) return unavailable()
  if (statusCode === 413) return validationFailed({ body: ['is too large'] })
  if (statusCode === 415) return validationFailed({ body: ['must be application/json'] })
  if (statusCode !== undefined && statusCode < 500) return validationFailed({ body: ['is not valid JSON'] })
  return internalError()
}

/** Long enough for the client to read the response. */
const lingerMs = 1_000

/**
 * Answers on the bare connection what never becomes a request: bytes that are not HTTP, or that arrive too
 * slowly.
 */
export function answerMalformedHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, complaint] = malformations[error.code ?? ''] ?? ['400 Bad Request', 'is not valid HTTP']
  const body = JSON.stringify(validationFailed({ request: [complaint] }).toEnvelope())
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

const malformations: Record<string, [status: string, complaint: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'did not arrive in time'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'has headers that are too long'],
}

const sqliteBusy = 5
