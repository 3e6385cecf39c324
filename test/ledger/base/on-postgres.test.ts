import { inspect } from 'node:util'
import { sql } from 'kysely'
import { describe, expect, inject, it, vi } from 'vitest'
import { reserveCall } from '../../../src/ledger/calls/calls.ts'
import { ensureConnector, lockConnector } from '../../../src/ledger/connector/connector-state.ts'
import { readPendingRows } from '../../../src/ledger/deliveries/deliveries.ts'
import type { DueCode } from '../../../src/ledger/codes/due-codes.ts'
import { landQrCodes } from '../../../src/ledger/codes/land-qr-codes.ts'
import type { ScansPage } from '../../../src/ledger/scans/land-rows.ts'
import { landScans } from '../../../src/ledger/scans/land-scans.ts'
import { takeLease } from '../../../src/ledger/connector/lease.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { settleBatch } from '../../../src/ledger/deliveries/settle-batch.ts'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import { scanOf } from '../../support/ledger/landed-rows.ts'
import { startPostgres } from '../../support/ledger/postgres.ts'
import { temporaryDatabase } from '../../support/ledger/temporary-database.ts'

const connector = 'test'
const timeoutMs = 30_000
const startMs = Date.parse('2026-03-01T00:00:00Z')
const request = { connector, endpoint: 'GET /qr-codes', purpose: 'list', timeoutMs, now: () => startMs }

interface Workers extends AsyncDisposable {
  /** One pool of connections per worker, as with four processes. */
  ledgers: [Ledger, Ledger, Ledger, Ledger]
}

/** Four workers that start at once on an empty database. */
async function startWorkers(): Promise<Workers> {
  const database = await temporaryDatabase()
  const start = async () => {
    const ledger = await openLedger(database.url)
    await ensureConnector(ledger, connector)
    return ledger
  }
  const ledgers: Workers['ledgers'] = await Promise.all([start(), start(), start(), start()])
  return {
    ledgers,
    async [Symbol.asyncDispose]() {
      await Promise.all(ledgers.map((ledger) => ledger.destroy()))
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Runs this many at once, spread over the workers. */
const atOnce = <T>(
  times: number,
  { ledgers }: Workers,
  work: (ledger: Ledger, index: number) => Promise<T>,
) => Promise.all(Array.from({ length: times }, (_, index) => work(ledgers[index % 4] ?? ledgers[0], index)))

async function reserve(ledger: Ledger) {
  const reservation = await reserveCall(ledger, request)
  if (!reservation.granted) throw new Error('no call granted')
  return reservation.call
}

describe('four workers on one PostgreSQL server', () => {
  it('migrate an empty database together', async () => {
    for (let round = 0; round < 5; round++) {
      await using workers = await startWorkers()
      const { rows } = await sql<{ name: string }>`select name from qrsync_migration`.execute(
        workers.ledgers[0],
      )
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
      expect(rows.length).toBeGreaterThan(1)
    }
  })

  it('get as many calls as the minute has, and no more than the month has', async () => {
    await using workers = await startWorkers()
    const [ledger] = workers.ledgers
    await ledger.updateTable('accounts').set({ calls_per_minute: 60, calls_per_month: 150 }).execute()
    const grantedAt = async (nowMs: number) => {
      const answers = await atOnce(100, workers, (each) =>
        reserveCall(each, { ...request, now: () => nowMs }),
      )
      return answers.filter(({ granted }) => granted).length
    }
    const minuteMs = timeoutMs + 60_001
    expect(await grantedAt(startMs)).toBe(60)
    expect(await grantedAt(startMs + minuteMs - 1)).toBe(0)
    expect(await grantedAt(startMs + minuteMs)).toBe(60)
    expect(await grantedAt(startMs + 2 * minuteMs)).toBe(30)
    expect(await ledger.selectFrom('months').select('calls').execute()).toEqual([{ calls: 150 }])
  })

  it('have one holder of the lease at a time', async () => {
    await using workers = await startWorkers()
    for (let round = 0; round < 20; round++) {
      const nowMs = startMs + round * 60_000
      const answers = await atOnce(12, workers, (ledger, index) =>
        takeLease(ledger, connector, {
          holder: `worker-${round}-${index}`,
          isManual: index % 2 === 0,
          nowMs,
        }),
      )
      expect(answers.filter((untilMs) => untilMs === null)).toHaveLength(1)
    }
  })

  it('land each row once, and a concurrent reader sees each row once', { timeout: 120_000 }, async () => {
    await using workers = await startWorkers()
    const [ledger] = workers.ledgers
    await ledger
      .updateTable('accounts')
      .set({ calls_per_minute: 100_000, calls_per_month: 100_000 })
      .execute()
    const codes = [await landCode(ledger, 'code-0'), await landCode(ledger, 'code-1')]

    const pages = Array.from({ length: 200 }, (_, index) => pageFrom(index % 2, index * 2))
    const isLanded = atOnce(4, workers, async (each, worker) => {
      for (const [index, page] of pages.entries())
      // Two of the workers land each page.
      {
        if (index % 2 === worker % 2) {
          const code = codes[index % 2]
          if (code) await landScans(each, await reserve(each), code, scansPage(page), startMs)
        }
      }
    })
    const seen = await readUntil(ledger, isLanded)

    const ids = new Set(pages.flat().map(({ id }) => id))
    expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b))
    const counts = await ledger.selectFrom('qr_codes').select('landed_scans').execute()
    expect(counts.reduce((sum, { landed_scans }) => sum + landed_scans, 0)).toBe(ids.size)
  })
})

/** Ten scans of a code; its next page contains eight of them too. */
function pageFrom(code: number, first: number): Scan[] {
  return Array.from({ length: 10 }, (_, index) => {
    const minute = first + 2 * index
    const scannedAt = new Date(startMs + minute * 60_000).toISOString()
    return scanOf({ id: `scan-${code}-${minute}`, qr_code_id: `code-${code}`, scanned_at: scannedAt })
  })
}

function scansPage(rows: Scan[]): ScansPage {
  return {
    rows,
    page: 1,
    nextPage: 2,
    isLast: false,
    isDescending: false,
    remaining: null,
    profile: {},
  }
}

async function landCode(ledger: Ledger, id: string): Promise<DueCode> {
  const code = {
    id,
    name: id,
    type: 'url',
    destination_url: null,
    short_url: null,
    status: 'active',
    extra: null,
    render_customizations: null,
    scan_count: 1,
    last_scanned_at: null,
    created_at: null,
    updated_at: null,
    deleted_at: null,
  }
  const progress = { kind: 'full', nextPage: null, highMs: null, startedMs: startMs, profile: {} } as const
  await landQrCodes(ledger, await reserve(ledger), [code], progress, startMs)
  return {
    id,
    cursor: { from: null, page: 1 },
    listing: { scanCount: 1, lastScannedAt: null },
    untilMs: null,
    isFirst: true,
    isHistory: true,
  }
}

/** Delivers until everything has landed and nothing is left; returns the rows in order. */
async function readUntil(ledger: Ledger, isLanded: Promise<unknown>) {
  const key = { connector, destination: 'warehouse', stream: 'scans' } as const
  const seen: { id: string; seq: number }[] = []
  const landing = { isOver: false }
  const over = isLanded.finally(() => (landing.isOver = true))
  let isLast = false
  while (!isLast) {
    const wasOver = landing.isOver
    // Alternates between a full batch and one with all rows.
    const pending = await readPendingRows(ledger, key, seen.length % 2 === 0 ? 5 : 1_000, Date.now())
    const { rows, move } = pending
    seen.push(...rows)
    await settleBatch(ledger, key, { ...pending, rejected: [], fingerprints: new Map() }, startMs)
    isLast = wasOver && move.isLast
  }
  await over
  return seen
}

describe('a PostgreSQL that fails', () => {
  const password = 'swordfish'

  async function refusal(attempt: Promise<unknown>): Promise<ConnectorError> {
    const error: unknown = await attempt.then(
      () => null,
      (reason: unknown) => reason,
    )
    if (!(error instanceof ConnectorError)) throw new Error(`no ConnectorError but ${inspect(error)}`)
    expect(error.code).toBe('LEDGER_UNAVAILABLE')
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(password)
    return error
  }

  it.each([
    ['with a wrong password', (url: URL) => (url.password = password), 'password authentication failed'],
    ['that is not there', (url: URL) => (url.port = '1'), 'ECONNREFUSED'],
    ['without the database', (url: URL) => (url.pathname = '/nowhere'), 'database "nowhere" does not exist'],
  ])('%s is named in the error, its password is not', async (_what, change, reason) => {
    const url = new URL(inject('postgresUrl'))
    change(url)
    const { message } = await refusal(openLedger(url.href))
    const place = `The ledger in PostgreSQL at 127.0.0.1:${url.port}, database ${url.pathname.slice(1)}, `
    expect(message).toMatch(new RegExp(`^${place}cannot be reached: .*${reason}`))
  })

  it('with a malformed URL is reported without its password', async () => {
    const { message } = await refusal(openLedger(`postgres://qrsync:${password}@:1:2/ledger`))
    expect(message).toContain('malformed')
  })

  it('is retried if it goes away under a running worker', async () => {
    const server = await startPostgres()
    const ledger = await openLedger(server.url)
    await ensureConnector(ledger, connector)
    const interrupted = ledger.transaction().execute(async (transaction) => {
      await lockConnector(transaction, connector)
      await server.stop()
      await lockConnector(transaction, connector)
    })
    await expect(interrupted).rejects.toThrow()
    const { retry } = await refusal(reserveCall(ledger, request))
    expect(retry).toBe('backoff')
    await ledger.destroy()
  })

  it('may close connections, in use or idle: the next call opens new ones, and no lock remains', async () => {
    await using workers = await startWorkers()
    const [ledger, other] = workers.ledgers
    const closeOthers = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    const interrupted = ledger.transaction().execute(async (transaction) => {
      await lockConnector(transaction, connector)
      await closeOthers.execute(other)
      await lockConnector(transaction, connector)
    })
    await expect(interrupted).rejects.toThrow()
    // A call that gets a lost connection before the pool notices fails, and is repeated.
    await atOnce(8, workers, (each) => vi.waitFor(() => reserve(each)))
  })
})
