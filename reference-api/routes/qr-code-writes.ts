import type { FastifyInstance } from 'fastify'
import { planNotAllowed, qrLimitReached, validationFailed } from '../http/api-error.ts'
import { callerOf, type Context } from '../context.ts'
import { sendData } from '../http/json-reply.ts'
import { insertQrCode, type QrCodeInput } from '../codes/new-qr-code.ts'
import { dynamicQrLimit, hasBulk } from '../plans.ts'
import { bulkRule, changedQrCodeRule, contrastRule, newQrCodeRule } from '../codes/qr-code-rules.ts'
import { readCustomizations, type RenderCustomizations } from '../image/render-customizations.ts'
import { bodyOf } from '../contract/request-body.ts'
import { toQrCode } from '../codes/to-qr-code.ts'
import { findQrCode } from './qr-codes.ts'

type QrCodeChanges = Partial<Omit<QrCodeInput, 'type'>>

const bodyLimit = 64 * 1024
// 500 codes with the longest name and addresses, every character escaped, take 3.5 MB.
const bulkBodyLimit = 4 * 1024 * 1024

export function addQrCodeWrites(api: FastifyInstance, context: Context): void {
  const { store, now } = context
  // Fastify would accept text as a body too.
  api.removeContentTypeParser('text/plain')

  /** Creates all of them or none. */
  function create(accountId: string, inputs: QrCodeInput[]): object[] {
    const ids = store.transaction(() => {
      if (store.qrCodes.countActive(accountId) + inputs.length > dynamicQrLimit) throw qrLimitReached()
      const at = now()
      return inputs.map((input) => insertQrCode(store.qrCodes, accountId, input, at))
    })
    return ids.map((id) => toQrCode(findQrCode(context, accountId, id), context))
  }

  api.post<{ Body: QrCodeInput }>(
    '/qr-codes',
    { config: { operationId: 'createQrCode' }, bodyLimit, ...bodyOf('createQrCode', newQrCodeRule) },
    (request, reply) => {
      const [code] = create(callerOf(request).id, [request.body])
      return sendData(reply.code(201), code)
    },
  )

  api.post<{ Body: { qr_codes: QrCodeInput[] } }>(
    '/qr-codes/bulk',
    {
      config: { operationId: 'createQrCodesInBulk' },
      bodyLimit: bulkBodyLimit,
      ...bodyOf('createQrCodesInBulk', bulkRule),
      // Before the body is read, because it may be large, and the plan is checked first.
      onRequest(request, _reply, done) {
        const { plan } = callerOf(request)
        done(hasBulk(plan) ? undefined : planNotAllowed(plan, 'bulk creation'))
      },
    },
    (request, reply) => sendData(reply.code(201), create(callerOf(request).id, request.body.qr_codes)),
  )

  api.patch<{ Params: { id: string }; Body: QrCodeChanges }>(
    '/qr-codes/:id',
    { config: { operationId: 'updateQrCode' }, bodyLimit, ...bodyOf('updateQrCode', changedQrCodeRule) },
    (request, reply) => {
      const { id: accountId } = callerOf(request)
      const { render_customizations: render, ...changes } = request.body
      const code = findQrCode(context, accountId, request.params.id)
      const customizations = readCustomizations(code.render_customizations, render)
      checkContrast(customizations, render)
      store.qrCodes.update(
        { ...code, ...changes, render_customizations: JSON.stringify(customizations) },
        now(),
      )
      return sendData(reply, toQrCode(findQrCode(context, accountId, code.id), context))
    },
  )

  void api.register((bodyless, _options, done) => {
    // DELETE has no body, so any given body is ignored.
    bodyless.removeAllContentTypeParsers()
    bodyless.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume()
      done(null)
    })
    bodyless.delete<{ Params: { id: string } }>(
      '/qr-codes/:id',
      {
        config: { operationId: 'deleteQrCode' },
        onRequest(request, _reply, done) {
          delete request.raw.headers['content-type']
          done()
        },
      },
      (request, reply) => {
        const code = findQrCode(context, callerOf(request).id, request.params.id)
        store.qrCodes.delete(code.id, now())
        return reply.code(204).send()
      },
    )
    done()
  })
}

/** Compares a given colour with the other one, which the code may already have. */
function checkContrast(
  { dot_color, background }: RenderCustomizations,
  named: Partial<RenderCustomizations> = {},
): void {
  if (named.dot_color === undefined && named.background === undefined) return
  const field = named.dot_color === undefined ? 'background' : 'dot_color'
  const fields = contrastRule(dot_color, background, field)
  if (Object.keys(fields).length > 0) throw validationFailed(fields)
}
