import type { FastifyRequest } from 'fastify'
import { callName, type CallLog } from './call-log.ts'
import { checkBody, readQuery, type QueryField } from './check-request.ts'
import type { Portal } from '../portal.ts'
import type { RequestModel } from './request-models.ts'

/** Bodies and queries, checked with the vendor's models. */
export interface Requests {
  /** @throws 400 if it does not match the model */
  body(request: FastifyRequest, model: RequestModel): unknown
  query: <T extends Record<string, QueryField>>(
    request: FastifyRequest,
    fields: T,
  ) => { [Name in keyof T]?: T[Name] extends 'list' ? string[] : string }
  note(request: FastifyRequest, problem: string): void
}

export function createRequests(portal: Portal, log: CallLog): Requests {
  const note = (request: FastifyRequest, problem: string) => {
    portal.violations.push({ call: callName(request), problem })
  }
  return {
    note,
    body: (request, model) => {
      const { inputs } = (request.body ?? {}) as { inputs?: unknown }
      if (Array.isArray(inputs)) log.countInputs(callName(request), inputs.length)
      checkBody(model, request.body, (problem) => {
        note(request, problem)
      })
      return request.body
    },
    query: (request, fields) =>
      readQuery(fields, request.query, (problem) => {
        note(request, problem)
      }),
  }
}
