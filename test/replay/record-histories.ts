/**
 * Records the histories that replay.test.ts replays. Run it with the deployed version, never with a changed
 * one: a history that the change under test has written proves nothing.
 *
 * node test/replay/record-histories.ts
 */
import { writeFileSync } from 'node:fs'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { startDevServer } from '../../src/temporal/server/dev-server.ts'
import { findTemporalExecutable } from '../../src/temporal/server/find-executable.ts'
import { createWorkspace, syncOnce } from '../support/processes/connector-process.ts'
import { startReferenceApi } from '../support/reference-api/reference-api.ts'

/** Runs two syncs: a first one that spends its minute and waits for the next, and one with nothing new. */
async function record(address: string): Promise<void> {
  const api = await startReferenceApi({ codes: 30, scans: 3_000 })
  // Our window is full after half of the calls; the API's own is large, so that the wait is ours.
  using workspace = createWorkspace({
    connector: 'recorded',
    source: { url: '${QRCS_API_URL}', key: '${QRCS_API_KEY}', calls_per_minute: 30 },
  })
  for (let run = 0; run < 2; run++) await syncOnce(workspace, { api, temporalAddress: address })
  await api.close()

  const client = new Client({ connection: await Connection.connect({ address }) })
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    if (!workflowId.startsWith('qrsync/recorded/')) continue
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    const events = history.events?.length ?? 0
    const file = `${import.meta.dirname}/histories/${type}-${events}-events.json`
    // Hide which process on which host did it.
    writeFileSync(file, historyToJSON(history).replaceAll(/\d+@[\w.-]+/g, 'worker'))
    console.log(`${workflowId}: ${events} events`)
  }
  await client.connection.close()
}

const { path } = await findTemporalExecutable({ onProgress: console.log })
const temporal = await startDevServer({ executable: path })
await record(temporal.address).finally(() => temporal.stop())
