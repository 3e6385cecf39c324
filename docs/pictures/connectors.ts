import { Client, Connection } from '@temporalio/client'
import { startDevServer } from '../../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../../src/temporal/server/find-executable.ts'
import getPort from 'get-port'
import { names } from '../../src/temporal/names.ts'
import { createWorkspace, runQrsync } from '../../test/support/processes/connector-process.ts'
import { startFakeHubSpot } from '../../test/fake-hubspot/fake-hubspot.ts'
import { listQrCodes, startReferenceApi } from '../../test/support/reference-api/reference-api.ts'
import { until } from '../../test/support/until.ts'

/** As on Pro, except for the minute, so that a first sync does not take three of them. */
const limits = { per_minute: 600, per_month: 5_000 }

export interface Connectors extends AsyncDisposable {
  /** Of Temporal. */
  uiUrl: string
  /** The page that the worker of `acme` serves. */
  pageUrl: string
  schedule: string
  /** The id of the sync whose month is spent. */
  spentSync: string
  stuckDelivery: string
}

/**
 * Two connectors as an operator on call may find them. `acme` waits for more scans, and its CRM has not
 * accepted the token since the first sync; the month of `globex` is spent.
 */
export async function startConnectors(): Promise<Connectors> {
  await using started = new AsyncDisposableStack()
  const { path } = await findTemporalExecutable({ onProgress: console.log })
  const temporal = await startDevServer({ executable: path })
  started.defer(() => temporal.stop())
  const connection = await Connection.connect({ address: temporal.address })
  started.defer(() => connection.close())
  const client = new Client({ connection })
  const hubspot = await startFakeHubSpot()
  started.defer(() => hubspot.close())

  const isAt = async (workflowId: string, outcome: string) => {
    const query = `WorkflowId STARTS_WITH "${workflowId}" AND QrsyncOutcome = "${outcome}"`
    return (await client.workflow.count(query).catch(() => ({ count: 0 }))).count > 0
  }

  const pagePort = await getPort({ host: '127.0.0.1' })

  const start = async (connector: string, destinations: Record<string, object>) => {
    const api = await startReferenceApi({ codes: 120, scans: 9_000 })
    started.defer(() => api.close())
    await api.setLimits(limits)
    const workspace = createWorkspace({
      connector,
      destinations,
      schedule: { every: '6h' },
      observability: { page: connector === 'acme' ? { port: pagePort } : false },
    })
    started.use(workspace)
    const options = {
      api,
      temporalAddress: temporal.address,
      environment: { HUBSPOT_TOKEN: hubspot.token },
    }
    const up = runQrsync(['up', '--config', workspace.config], options)
    started.defer(() => up.kill())
    for (const id of [names.syncNowWorkflow(connector), ...deliveries(connector, destinations)]) {
      await until(() => isAt(id, 'done'))
    }
    return {
      api,
      syncNow: () => {
        const sync = runQrsync(['sync', '--now', '--config', workspace.config], options)
        started.defer(() => sync.kill())
      },
      look: () => client.schedule.getHandle(names.schedule(connector)).trigger(),
    }
  }

  const warehouse = { type: 'duckdb', path: 'qr-codes.duckdb' }
  const crm = { type: 'hubspot', token: '${HUBSPOT_TOKEN}', url: hubspot.url }
  const acme = await start('acme', { warehouse, crm })
  const globex = await start('globex', { warehouse })

  hubspot.expireToken()
  const codes = await listQrCodes(acme.api)
  const scannedAt = new Date().toISOString()
  await acme.api.insertScans(codes.slice(0, 30).map(({ id }) => ({ qr_code_id: id, scanned_at: scannedAt })))
  await acme.api.spendCalls(1_200)
  acme.syncNow()
  await globex.api.spendCalls(limits.per_month)
  globex.syncNow()
  const stuckDelivery = names.deliverWorkflow('acme', 'crm')
  await until(() => isAt(stuckDelivery, 'overdue'))
  await acme.look()
  await until(() => isAt(`${names.syncWorkflow('acme')}-2`, 'waiting'))
  const spentSync = names.syncNowWorkflow('globex')
  await until(() => isAt(spentSync, 'waiting'))

  const resources = started.move()
  return {
    uiUrl: temporal.uiUrl,
    pageUrl: `http://127.0.0.1:${pagePort}`,
    schedule: names.schedule('acme'),
    spentSync,
    stuckDelivery,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function deliveries(connector: string, destinations: Record<string, object>): string[] {
  return Object.keys(destinations).map((destination) => names.deliverWorkflow(connector, destination))
}
