import type { FastifyError, FastifyReply } from 'fastify'
import type { Socket } from 'node:net'
import { ApiError, internalError, notFound, unavailable, validationFailed } from './api-error.ts'
import { toFieldErrors } from './field-errors.ts'

/** Answers an error in the API's envelope. */
export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  return reply
    .code(error.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(error.toEnvelope()))
}

/** What the caller is told of an error that something below us has thrown. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const { validation, statusCode, code, errcode } = error as Partial<FastifyError> & { errcode?: number }
  if (validation !== undefined) return validationFailed(toFieldErrors(validation))
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return notFound()
  if (errcode === sqliteBusy || statusCode === 503) return unavailable()
  if (statusCode === 413) return validationFailed({ body: ['is too large'] })
  if (statusCode === 415) return validationFailed({ body: ['must be application/json'] })
  if (statusCode !== undefined && statusCode < 500) return validationFailed({ body: ['is not valid JSON'] })
  return internalError()
}

/** Bytes that are not HTTP never become a request, so they are answered on the bare connection. */
export function answerMalformedHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(validationFailed({ request: ['is not valid HTTP'] }).toEnvelope())
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const sqliteBusy = 5
