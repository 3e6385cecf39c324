import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'

// Long enough for the first half to leave the machine's buffers before the connection goes.
const pauseBeforeCutMs = 20

/** Sends half of the body that Content-Length promises, then closes the connection. */
export function cutAnswers(api: FastifyInstance): void {
  api.addHook('onSend', (request, reply, payload, done) => {
    if (!request.cutsAnswer || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) {
      done(null, payload)
      return
    }
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload
    reply.header('content-length', body.length)
    done(null, Readable.from(halfOf(body)))
  })
}

async function* halfOf(body: Buffer) {
  yield body.subarray(0, body.length >>> 1)
  await setTimeout(pauseBeforeCutMs)
  throw new Error('cut on purpose')
}
