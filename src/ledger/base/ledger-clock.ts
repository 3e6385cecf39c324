import { PostgresAdapter, sql } from 'kysely'
import { minuteMs } from '../../model/durations.ts'
import type { Ledger } from './schema.ts'

/** A host's clock drifts by a few milliseconds in this time. */
const readEveryMs = minuteMs
/** An answer within this time shows the server's clock well enough. After a slower one, qrsync asks again, up to `mostReads` times. */
const promptMs = 10
const mostReads = 3

/**
 * Opens the clock by which all workers on a ledger count calls and plan (epoch ms). On PostgreSQL it is the
 * server's (`clock_timestamp()`), so that the clocks of several hosts need not agree. It is read from time to
 * time, and the host's clock measures the time in between. A SQLite file has one host, and uses that host's
 * clock.
 *
 * @see https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT
 * @throws ConnectorError LEDGER_UNAVAILABLE
 */
export async function openLedgerClock(
  ledger: Ledger,
  hostNow: () => number = Date.now,
): Promise<() => number> {
  if (!(ledger.getExecutor().adapter instanceof PostgresAdapter)) return hostNow
  let aheadMs = await readAheadMs(ledger, hostNow)
  let readAtMs = hostNow()
  return () => {
    const hostMs = hostNow()
    // True too if the host's clock was set back.
    if (Math.abs(hostMs - readAtMs) >= readEveryMs) {
      readAtMs = hostMs
      void readAheadMs(ledger, hostNow).then(
        (ms) => {
          aheadMs = ms
        },
        // While the server is down, no call is counted. The clock is read again in a minute.
        () => undefined,
      )
    }
    return Math.round(hostMs + aheadMs)
  }
}

/**
 * Returns how far the server's clock is ahead of the host's. The server reads its clock between the query and
 * the answer.
 */
async function readAheadMs(ledger: Ledger, hostNow: () => number): Promise<number> {
  let best = { tookMs: Infinity, aheadMs: 0 }
  // The first answer may have waited for a connection.
  for (let reads = 0; reads < mostReads && best.tookMs > promptMs; reads++) {
    const askedMs = hostNow()
    const { rows } = await sql<{
      ms: number
    }>`select extract(epoch from clock_timestamp()) * 1000 as ms`.execute(ledger)
    const answeredMs = hostNow()
    const [row] = rows
    const tookMs = answeredMs - askedMs
    if (row !== undefined && tookMs < best.tookMs) {
      best = { tookMs, aheadMs: row.ms - (askedMs + answeredMs) / 2 }
    }
  }
  return best.aheadMs
}
