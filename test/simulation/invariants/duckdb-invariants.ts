import { existsSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { compareScans } from '../../../src/cli/verify/compare-destination.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { readLandedTruth, readRejectedIds, readTroubles, type TrueCode } from './landed-truth.ts'
import type { SimulatedDuckDb } from '../destinations/simulated-duckdb.ts'
import type { World } from '../world.ts'

interface Listed {
  scan_count: number | null
  last_scanned_at: string | null
}

/** What must hold for the DuckDB file at the end of a run, by the API's model. */
export class DuckDbInvariants {
  readonly #world: World
  readonly #duckdb: SimulatedDuckDb

  constructor(world: World, duckdb: SimulatedDuckDb) {
    this.#world = world
    this.#duckdb = duckdb
  }

  async atTheEnd(): Promise<void> {
    const ledger = this.#world.database.connect()
    const codes = await readLandedTruth(this.#world, ledger)
    await this.#checkFailures(ledger)
    if (this.#duckdb.isOpen) {
      this.#violated('liveness', 'a process holds the file, and nothing is delivered')
      return
    }
    if (!existsSync(this.#duckdb.path)) {
      this.#violated('rows', 'there is no file')
      return
    }
    await this.#checkScans(ledger, codes)
    await this.#checkCodes(ledger, codes)
    await this.#checkListed(ledger)
    await this.#checkAnalytics(ledger)
    await this.#compareWithVerify(ledger, codes)
  }

  #violated(invariant: string, detail: string): void {
    this.#world.violations.add(invariant, `DuckDB: ${detail}`)
  }

  async #checkFailures(ledger: Ledger): Promise<void> {
    const { failures, refusal } = await readTroubles(ledger, 'duckdb')
    for (const failure of failures) this.#violated('liveness', failure)
    if (refusal !== null) this.#violated('refusals', refusal)
  }

  async #checkScans(ledger: Ledger, codes: readonly TrueCode[]): Promise<void> {
    const rejected = await readRejectedIds(ledger, 'duckdb', 'scans')
    const rows = await this.#read(`
      SELECT id, qr_code_id, epoch_ms(scanned_at)::DOUBLE, device_type, os, browser, is_unique FROM scans
      WHERE ${await this.#isLanded(ledger, 'qr_code_id')}`)
    const there = Map.groupBy(rows, ([id]) => String(id))
    const wanted = codes.flatMap(({ scans }) => scans).filter(({ id }) => !rejected.has(id))
    const wrong = wanted.filter((scan) => {
      if (scan.wasOdd) return false
      const [row] = there.get(scan.id) ?? []
      const values = [
        scan.id,
        scan.qr_code_id,
        Date.parse(scan.scanned_at),
        scan.device_type,
        scan.os,
        scan.browser,
        scan.is_unique,
      ]
      return row !== undefined && JSON.stringify(row) !== JSON.stringify(values)
    })
    this.#tell(
      'scans are missing',
      wanted.filter(({ id }) => !there.has(id)).map(({ id }) => id),
    )
    this.#tell(
      'scans are there twice',
      [...there].filter(([, rowsOf]) => rowsOf.length > 1).map(([id]) => id),
    )
    this.#tell(
      'scans have other values',
      wrong.map(({ id }) => id),
    )
    const known = new Set(wanted.map(({ id }) => id))
    this.#tell(
      'scans were never landed',
      [...there.keys()].filter((id) => !known.has(id)),
    )
  }

  async #checkCodes(ledger: Ledger, codes: readonly TrueCode[]): Promise<void> {
    const isLanded = await this.#isLanded(ledger, 'id')
    const rows = await this.#read(`SELECT id, name, deleted_at IS NULL FROM qr_codes WHERE ${isLanded}`)
    const there = Map.groupBy(rows, ([id]) => String(id))
    const isOld = this.#world.callsLeft.areFew
    const wrong = codes.filter(({ code }) => {
      if (isOld) return there.get(code.id)?.length !== 1
      const values = [code.id, code.name, code.deletedMs === null]
      return JSON.stringify(there.get(code.id)) !== JSON.stringify([values])
    })
    this.#tell(
      'codes are missing, twice, or of other values',
      wrong.map(({ code }) => code.id),
    )
    if (there.size > codes.length) this.#violated('rows', `there are ${there.size} codes of ${codes.length}`)
  }

  /** Compares a code with what the list reported last. */
  async #checkListed(ledger: Ledger): Promise<void> {
    const rows = await this.#read(
      'SELECT id, scan_count::INTEGER, epoch_ms(last_scanned_at)::DOUBLE FROM qr_codes',
    )
    const there = new Map(rows.map(([id, ...values]) => [String(id), JSON.stringify(values)]))
    const listed = await ledger.selectFrom('qr_codes').select(['id', 'row']).execute()
    const wrong = listed.filter(({ id, row }) => {
      const { scan_count: count, last_scanned_at: last } = JSON.parse(row) as Listed
      return there.get(id) !== JSON.stringify([count, last === null ? null : Date.parse(last)])
    })
    this.#tell(
      'codes have another count or last scan than the list has told',
      wrong.map(({ id }) => id),
    )
  }

  /** Compares the API's own numbers: as many rows as have landed, each once. */
  async #checkAnalytics(ledger: Ledger): Promise<void> {
    const isLanded = await this.#isLanded(ledger, 'qr_code_id')
    for (const stream of ['analytics_daily', 'analytics_breakdown'] as const) {
      const [counts] = await this.#read(
        `SELECT count(*)::INTEGER, count(DISTINCT id)::INTEGER FROM ${stream} WHERE ${isLanded}`,
      )
      const { landed } = await ledger
        .selectFrom(stream)
        .select((eb) => eb.fn.countAll<number>().as('landed'))
        .executeTakeFirstOrThrow()
      const [rows, ids] = counts ?? []
      if (rows !== landed || ids !== landed) {
        this.#violated(
          'rows',
          `${stream} has ${String(rows)} rows of ${String(ids)} ids; ${landed} are landed`,
        )
      }
    }
  }

  /** Compares with the result of `qrsync verify`. */
  async #compareWithVerify(ledger: Ledger, codes: readonly TrueCode[]): Promise<void> {
    const { connector } = this.#world.setting.config
    const destination = this.#world.destinations.of(ledger, Date.now).get('duckdb')
    if (destination === undefined) throw new Error('there is no DuckDB')
    const codeIds = codes.map(({ code }) => code.id)
    const scans = await compareScans({ ledger, connector, name: 'duckdb', destination, codeIds })
    await destination.close()
    for (const gap of scans?.gaps ?? []) {
      if (gap.missing + gap.more + gap.waiting > 0) {
        this.#violated('truth', `verify says ${JSON.stringify(gap)}`)
      }
    }
  }

  /** A condition: rows of codes that the file has to erase still are no longer landed. */
  async #isLanded(ledger: Ledger, column: string): Promise<string> {
    const open = await this.#world.invariants.erasures.readOpen(ledger, 'duckdb')
    const ids = [...open.keys()].map((id) => `'${id}'`)
    return ids.length === 0 ? 'true' : `${column} NOT IN (${ids.join(', ')})`
  }

  #tell(what: string, ids: readonly string[]): void {
    if (ids.length > 0) this.#violated('rows', `${ids.length} ${what}, the first is ${ids[0] ?? ''}`)
  }

  async #read(sql: string): Promise<unknown[][]> {
    const { time } = this.#world
    const instance = await time.hold(DuckDBInstance.create(this.#duckdb.path, { access_mode: 'READ_ONLY' }))
    const connection = await time.hold(instance.connect())
    try {
      return (await time.hold(connection.runAndReadAll(sql))).getRows()
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  }
}
