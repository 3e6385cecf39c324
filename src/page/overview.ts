import { readScanTotals } from '../insight/report/read-scan-totals.ts'
import { readUpToDate } from '../insight/report/read-scans-data.ts'
import { readConnectors } from '../ledger/connector/connector-state.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import type { ConnectorSummary } from '../report/live/overview-main.ts'
import { causeOf } from '../report/live/words.ts'
import type { PageConnector } from './page-contract.ts'
import type { PageLedgers } from './page-ledgers.ts'
import { readAttention } from './read-attention.ts'

const days = 30

export interface Overview {
  connectors: ConnectorSummary[]
  /** Why a ledger could not be read, one line each; its connectors are missing. */
  unread: string[]
}

/** Returns every connector in a few numbers. A ledger that cannot be read does not affect the others. */
export async function readOverview(
  ledgers: PageLedgers,
  connectors: readonly PageConnector[],
  nowMs: number,
): Promise<Overview> {
  const overview: Overview = { connectors: [], unread: [] }
  for (const [location, ofLedger] of Map.groupBy(connectors, (each) => each.location)) {
    const names = ofLedger.map(({ connector }) => connector).join(', ')
    try {
      overview.connectors.push(...(await summarize(await ledgers.open(location), ofLedger, nowMs)))
    } catch (error) {
      overview.unread.push(`${names}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return overview
}

async function summarize(
  ledger: Ledger,
  connectors: readonly PageConnector[],
  nowMs: number,
): Promise<ConnectorSummary[]> {
  const names = connectors.map(({ connector }) => connector)
  const { vitals, attention } = await readAttention(ledger, connectors, nowMs)
  const totals = await readScanTotals(ledger, names, { days, nowMs })
  const summaries: ConnectorSummary[] = []
  for (const state of await readConnectors(ledger, names)) {
    const { connector } = state
    const share = connectors.find((each) => each.connector === connector)?.share ?? 1
    const month = vitals.months.find((each) => each.connector === connector)
    const behind = vitals.backlogs.filter((each) => each.connector === connector)
    const upToDate = await readUpToDate({ ledger, state, share }, nowMs)
    const conditions = attention
      .filter((each) => each.connector === connector)
      .map(({ condition, destination }) => (destination === '' ? condition : `${destination}: ${condition}`))
    summaries.push({
      connector,
      scans: totals.get(connector)?.scans ?? 0,
      previous_scans: totals.get(connector)?.previousScans ?? 0,
      up_to_date: upToDate,
      calls_left: Math.max((month?.callsPerMonth ?? 0) - (month?.spent ?? 0), 0),
      calls_per_month: month?.callsPerMonth ?? 0,
      rows_behind: behind.reduce((sum, { rowsBehind }) => sum + rowsBehind, 0),
      attention: upToDate.waits === null ? conditions : [causeOf(upToDate.waits.reason), ...conditions],
    })
  }
  return summaries
}
