import type { FastifyReply } from 'fastify'
import type { Withholdable } from '../context.ts'

/** Sends JSON that is complete already. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(json)
}

export function sendData(reply: FastifyReply, data: unknown): FastifyReply {
  return sendJson(reply, JSON.stringify({ success: true, data }))
}

/** Sends a page of rows that are JSON already. */
export function sendPage(
  reply: FastifyReply,
  rows: string[],
  page: { page: number; perPage: number; total: number },
  without: ReadonlySet<Withholdable>,
): FastifyReply {
  const place = { page: page.page, per_page: page.perPage }
  const size = { total: page.total, total_pages: Math.ceil(page.total / page.perPage) }
  const pagination = JSON.stringify(without.has('totals') ? place : { ...place, ...size })
  return sendJson(reply, `{"success":true,"data":[${rows.join(',')}],"pagination":${pagination}}`)
}
