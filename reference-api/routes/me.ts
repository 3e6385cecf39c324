import type { FastifyInstance } from 'fastify'
import { callerOf, type Context } from '../context.ts'
import { sendData } from '../http/json-reply.ts'
import { dynamicQrLimit } from '../plans.ts'

export function addMe(api: FastifyInstance, { store, limits, now }: Context): void {
  api.get('/me', { config: { operationId: 'getMe' } }, (request, reply) => {
    const account = callerOf(request)
    return sendData(reply, {
      account_id: account.id,
      email: account.email,
      plan: account.plan,
      usage: {
        dynamic_qr_count: store.qrCodes.countActive(account.id),
        dynamic_qr_limit: dynamicQrLimit,
        api_calls_this_month: limits.monthCount(account.id, now()),
        api_calls_monthly_limit: account.perMonth,
      },
    })
  })
}
