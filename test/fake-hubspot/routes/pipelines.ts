import type { FastifyInstance } from 'fastify'
import { resolveType } from '../types/object-type.ts'
import type { Portal } from '../portal.ts'
import { requireRecords } from '../http/scopes.ts'

/**
 * The reading part of CRM/Pipelines/Rollouts/145896/2026-09/pipelines.json: an object has the pipelines of its
 * options.
 */
export function pipelineRoutes(app: FastifyInstance, portal: Portal): void {
  app.get('/crm/pipelines/2026-09/:objectType', (request) => {
    const type = resolveType(portal.types, (request.params as { objectType: string }).objectType)
    requireRecords(portal, type, 'read')
    const valuesOf = (...names: string[]) => {
      const found = names.map((name) => type.properties.get(name)).find((property) => property !== undefined)
      return (
        found?.options.map(({ value, label, displayOrder }) => ({ id: value, label, displayOrder })) ?? []
      )
    }
    const stages = valuesOf('dealstage', 'hs_pipeline_stage')
    return { results: valuesOf('pipeline', 'hs_pipeline').map((pipeline) => ({ ...pipeline, stages })) }
  })
}
