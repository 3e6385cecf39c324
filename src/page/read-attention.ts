import { settingsOf } from '../config/settings/code-settings.ts'
import { readAlerts } from '../ledger/connector/alerts.ts'
import type { Ledger } from '../ledger/base/schema.ts'
import { toTime } from '../model/to-time.ts'
import { conditionsOf } from '../observability/alerts/conditions.ts'
import { readVitals, type Vitals } from '../observability/vitals.ts'
import type { Attention } from '../report/operations/operations-data.ts'
import type { PageConnector } from './page-contract.ts'

/** Returns what needs attention, as alerts report it, for connectors that share a ledger. */
export async function readAttention(
  ledger: Ledger,
  connectors: readonly PageConnector[],
  nowMs: number,
): Promise<{ vitals: Vitals; attention: (Attention & { connector: string })[] }> {
  const watched = connectors.map(({ connector, codes, destinations }) => ({
    connector,
    ledger,
    destinations: new Map(destinations.map((destination) => [destination.name, destination])),
    settingsOf:
      codes.length === 0 ? null : (code: { id: string; name: string | null }) => settingsOf(codes, code),
  }))
  const on = await readAlerts(
    ledger,
    connectors.map(({ connector }) => connector),
  )
  const vitals = await readVitals(ledger, watched, nowMs)
  const attention = conditionsOf(vitals, on, nowMs).map(({ connector, condition, destination, text }) => {
    const alert = on.find(
      (each) =>
        each.connector === connector && each.condition === condition && each.destination === destination,
    )
    return {
      connector,
      condition,
      destination,
      text,
      since: alert === undefined ? null : toTime(alert.beganAtMs),
    }
  })
  return { vitals, attention }
}
