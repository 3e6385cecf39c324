import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { startBrokenCodeFront, type WayToBreak } from '../../support/source/broken-code.ts'
import { createWorkspace, runQrsync, type Workspace } from '../../support/processes/connector-process.ts'
import { scanIdsIn } from '../../support/destinations/duckdb-file.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { until } from '../../support/until.ts'

describe('an account of 60 codes, one of which is broken', () => {
  let temporal: DevServer
  beforeAll(async () => {
    temporal = await startDevServer({ executable: inject('temporalExecutable') })
  })
  afterAll(() => temporal.stop())

  /** What a user sees who starts with a broken code. */
  async function world(way: WayToBreak) {
    await using started = new AsyncDisposableStack()
    const api = await startReferenceApi({ codes: 60, scans: 1_200, plan: 'advanced', checkResponses: false })
    started.defer(() => api.close())
    const [broken] = await listQrCodes(api)
    if (broken === undefined) throw new Error('the account has no code')
    const front = started.use(await startBrokenCodeFront({ target: api.url, qrCodeId: broken.id, way }))
    const workspace = started.use(createWorkspace({ connector: way.replaceAll('_', '-') }))
    const resources = started.move()
    const qrsync = (...words: string[]) =>
      runQrsync([...words, '--config', workspace.config], {
        api: { url: front.url, key: api.key },
        temporalAddress: temporal.address,
      }).ended
    return { api, front, workspace, broken, qrsync, [Symbol.asyncDispose]: () => resources.disposeAsync() }
  }

  it.each<WayToBreak>(['html_with_200', 'foreign_404'])(
    'has everything else after the first "up --once", which names the incomplete code (%s)',
    async (way) => {
      await using started = await world(way)
      const { api, front, workspace, broken, qrsync } = started
      const up = await qrsync('up', '--once')
      expect(up.code, up.stderr).toBe(1)
      expect(up.stderr).toContain(broken.name)
      await expectAllBut(api, workspace, broken.id)
      expect(front.calls()).toBeLessThanOrEqual(2)

      const verify = await qrsync('verify')
      expect(verify.code).toBe(3)
      expect(verify.stdout).toContain(broken.name)
      const status = await qrsync('status')
      expect(status.stdout).toMatch(new RegExp(`^! .*${broken.name}`, 'm'))

      front.repair()
      const again = await qrsync('up', '--once')
      expect(again.code, again.stderr).toBe(0)
      expect(await scanIdsIn(workspace.duckdb)).toEqual([...(await api.scanIds())].toSorted())
      expect((await qrsync('verify')).code).toBe(0)
    },
  )

  it('sets aside the one malformed row, and lands it once the API sends it correctly', async () => {
    await using started = await world('invalid_time')
    const { api, front, workspace, broken, qrsync } = started
    const up = await qrsync('up', '--once')
    expect(up.code, up.stderr).toBe(1)
    expect(up.stderr).toContain('Incomplete: 1 row of the API is malformed and set aside')
    const askedAtMs = Date.now()
    const all = [...(await api.scanIds())].toSorted()
    expect(await scanIdsIn(workspace.duckdb)).toHaveLength(all.length - 1)
    const verify = await qrsync('verify')
    expect(verify.code).toBe(3)
    expect(verify.stdout).toContain(broken.name)
    const status = await qrsync('status')
    expect(status.stdout).toContain('! 1 row of the API is malformed and set aside')
    const list = await qrsync('rejects', 'list')
    expect(list.stdout).toContain('scanned_at is "yesterday"')

    front.repair()
    // A sync does not request again what was just answered.
    await until(() => Date.now() - askedAtMs > 10_000)
    const again = await qrsync('up', '--once')
    expect(again.code, again.stderr).toBe(0)
    expect(await scanIdsIn(workspace.duckdb)).toEqual(all)
    expect((await qrsync('verify')).code).toBe(0)
  })
})

/** Everything but the scans of one code is in the warehouse. */
async function expectAllBut(api: InProcessReferenceApi, workspace: Workspace, id: string): Promise<void> {
  const all = (await api.scanIds()).size
  const ofBroken = (await listQrCodes(api)).find((code) => code.id === id)?.scan_count ?? 0
  expect(await scanIdsIn(workspace.duckdb)).toHaveLength(all - ofBroken)
}
