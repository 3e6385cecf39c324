import type { FastifyInstance } from 'fastify'
import { notFound, validationFailed } from '../http/api-error.ts'
import { callerOf, type Context } from '../context.ts'
import { sendData, sendPage } from '../http/json-reply.ts'
import { querySchema } from '../contract/openapi.ts'
import type { QrCodeOrder, QrCodeRow } from '../store/qr-codes.ts'
import { parseTimestamp } from '../timestamps.ts'
import { toQrCode } from '../codes/to-qr-code.ts'

interface ListQuery {
  page: number
  per_page: number
  sort: QrCodeOrder
  q?: string
  updated_since?: string
  include_deleted: boolean
}

export function addQrCodes(api: FastifyInstance, context: Context): void {
  const { store, without } = context

  const list = { config: { operationId: 'listQrCodes' }, schema: { querystring: querySchema('listQrCodes') } }
  api.get<{ Querystring: ListQuery }>('/qr-codes', list, (request, reply) => {
    const { page, per_page: perPage, sort, q, updated_since, include_deleted } = request.query
    const updatedSince = updated_since === undefined ? null : parseTimestamp(updated_since)
    if (updated_since !== undefined && updatedSince === null) {
      throw validationFailed({ updated_since: ['must be a time that exists'] })
    }
    const filter = {
      accountId: callerOf(request).id,
      includeDeleted: include_deleted,
      text: q?.toLowerCase() ?? null,
      updatedSince,
    }
    const order = ignoresSort(sort, without) ? '-created_at' : sort
    const rows = store.qrCodes.list(filter, order, perPage, (page - 1) * perPage)
    const codes = rows.map((row) => JSON.stringify(toQrCode(row, context, include_deleted)))
    return sendPage(reply, codes, { page, perPage, total: store.qrCodes.count(filter) }, without)
  })

  api.get<{ Params: { id: string } }>(
    '/qr-codes/:id',
    { config: { operationId: 'getQrCode' } },
    (request, reply) =>
      sendData(reply, toQrCode(findQrCode(context, callerOf(request).id, request.params.id), context)),
  )
}

function ignoresSort(sort: QrCodeOrder, without: Context['without']): boolean {
  return without.has('sort') || (sort === '-last_scanned_at' && without.has('last_scanned_at'))
}

/** Returns the account's code, or throws 404. */
export function findQrCode({ store }: Context, accountId: string, id: string): QrCodeRow {
  const code = store.qrCodes.find(accountId, id)
  if (code === null) throw notFound('There is no such QR code.')
  return code
}
