import { ensureConnector } from '../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../src/ledger/base/open-ledger.ts'
import { createWorkspace, runQrsync } from '../../test/support/processes/connector-process.ts'
import { liveIn } from '../../test/support/ledger/lived-in-ledger.ts'

/** Writes the report of an account that was synced for three months. */
export async function writeReport(file: string): Promise<void> {
  using workspace = createWorkspace()
  const ledger = await openLedger(workspace.ledger)
  await ensureConnector(ledger, 'test')
  const names = Array.from({ length: 60 }, (_, index) => `Table ${index + 1}`)
  await liveIn(ledger, { nowMs: Date.now(), names, days: 90, scansPerDay: 60 })
  await ledger.destroy()
  const { code, stderr } = await runQrsync(['report', '--config', workspace.config, '--out', file], {
    api: { url: 'http://127.0.0.1:1', key: `qrs_${'0'.repeat(64)}` },
  }).ended
  if (code !== 0) throw new Error(stderr)
}
