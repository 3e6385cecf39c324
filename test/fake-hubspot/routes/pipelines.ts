import type { FastifyInstance } from 'fastify'
import { resolveType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import { requireRecords } from '../http/scopes.ts'

/** The reading part of CRM/Pipelines/Rollouts/145896/2026-09/pipelines.json. */
export function pipelineRoutes(app: FastifyInstance, portal: Portal): void {
  app.get('/crm/pipelines/2026-09/:objectType', (request) => {
    const type = resolveType(portal.types, (request.params as { objectType: string }).objectType)
    requireRecords(portal, type, 'read')
    const inOrder = (type.pipelines?.list ?? []).map(({ id, label, stages }, displayOrder) => ({
      id,
      label,
      displayOrder,
      stages: stages.map(({ value, label, displayOrder }) => ({ id: value, label, displayOrder })),
    }))
    // The order of the answer is not that of the users.
    return { results: inOrder.toReversed() }
  })
}
