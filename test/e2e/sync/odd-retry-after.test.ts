import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { createWorkspace, runQrsync } from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import { startFaultyProxy } from '../../support/faulty-proxy.ts'
import { startFakeHubSpot } from '../../fake-hubspot/fake-hubspot.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'

/** Values that vendors have sent in reality; each is refused with one of them once. */
const oddValues: Record<string, () => string> = {
  '0': () => '0',
  'a date that has just passed': () => new Date(Date.now() - 1_000).toUTCString(),
  'the time in epoch seconds': () => String(Math.ceil(Date.now() / 1_000) + 2),
}

describe('an odd Retry-After', () => {
  let temporal: DevServer
  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
  })
  afterAll(() => temporal.stop())

  it.each(Object.keys(oddValues))(
    'of the API or HubSpot is waited for, and no sync fails: %s',
    async (name) => {
      await using started = new AsyncDisposableStack()
      const api = await startReferenceApi({ codes: 5, scans: 50, plan: 'advanced' })
      started.defer(() => api.close())
      const hubspot = await startFakeHubSpot()
      started.defer(() => hubspot.close())
      const refuseOnce = async (target: string, isRefused: (path: string) => boolean) => {
        let refused = 0
        const proxy = await startFaultyProxy({
          target,
          handle: async (call, forward) => {
            if (refused > 0 || !isRefused(call.path)) return forward()
            refused += 1
            return { status: 429, headers: { 'retry-after': oddValues[name]?.() }, body: '{"success":false}' }
          },
        })
        started.defer(() => proxy.stop())
        return { url: proxy.url, refused: () => refused }
      }
      const apiFront = await refuseOnce(api.url, (path) => path.includes('/scans'))
      const hubspotFront = await refuseOnce(hubspot.url, (path) => path.includes('/batch/'))
      const workspace = started.use(
        createWorkspace({
          connector: `odd-${Object.keys(oddValues).indexOf(name)}`,
          destinations: {
            warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' },
            crm: { type: 'hubspot', token: '${HUBSPOT_TOKEN}', url: hubspotFront.url },
          },
        }),
      )
      const up = await runQrsync(['up', '--once', '--config', workspace.config], {
        api: { url: apiFront.url, key: api.key },
        temporalAddress: temporal.address,
        environment: { HUBSPOT_TOKEN: hubspot.token },
      }).ended
      expect(up.code, up.stderr).toBe(0)
      expect([apiFront.refused(), hubspotFront.refused()]).toEqual([1, 1])
      expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].toSorted())
      expect(hubspot.recordsOf('qr_code')).toHaveLength(5)
    },
  )
})
