import type { FastifyInstance } from 'fastify'
import { callerOf, type Context } from '../context.ts'
import { matchesEtag } from '../image/if-none-match.ts'
import { querySchema } from '../contract/openapi.ts'
import { readCustomizations } from '../image/render-customizations.ts'
import { shortUrlOf } from '../codes/to-qr-code.ts'
import { findQrCode } from './qr-codes.ts'

export function addImage(api: FastifyInstance, context: Context): void {
  const operationId = 'getQrCodeImage'
  const route = { config: { operationId }, schema: { querystring: querySchema(operationId) } }

  api.get<{ Params: { id: string }; Querystring: { size: number } }>(
    '/qr-codes/:id/image',
    route,
    async (request, reply) => {
      const code = findQrCode(context, callerOf(request).id, request.params.id)
      const { png, etag } = await context.pictures.get({
        accountId: callerOf(request).id,
        shortUrl: shortUrlOf(code, context),
        customizations: readCustomizations(code.render_customizations),
        sizePx: request.query.size,
      })
      void reply.header('etag', etag).header('cache-control', 'private, max-age=3600')
      if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return reply.type('image/png').send(png)
    },
  )
}
