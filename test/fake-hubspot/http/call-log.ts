import type { FastifyRequest } from 'fastify'

/** The calls of one method and path template. */
export interface CallCount {
  calls: number
  /** Inputs of batches; 0 without a batch. */
  inputs: number
  /** Calls by HTTP status; `dropped` had no response. */
  answers: Record<string, number>
}

export type CallCounts = Record<string, CallCount>

export interface CallLog {
  readonly counts: CallCounts
  begin(call: string): void
  countInputs(call: string, inputs: number): void
  answer(call: string, status: number | 'dropped'): void
}

export function createCallLog(): CallLog {
  const counts: CallCounts = {}
  const at = (call: string) => (counts[call] ??= { calls: 0, inputs: 0, answers: {} })
  return {
    counts,
    begin: (call) => {
      at(call).calls++
    },
    countInputs: (call, inputs) => {
      at(call).inputs += inputs
    },
    answer: (call, status) => {
      const { answers } = at(call)
      answers[status] = (answers[status] ?? 0) + 1
    },
  }
}

/** `POST /crm/objects/2026-09/{objectType}/batch/upsert`; a path that the vendor does not have stays as it is. */
export function callName(request: FastifyRequest): string {
  const template = request.routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}')
  return `${request.method} ${template ?? request.url.split('?', 1)[0] ?? ''}`
}
