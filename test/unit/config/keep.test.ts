import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-keep-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function ledgerOf(ledger: object | undefined) {
  const file = join(folder, 'qrsync.yaml')
  const source = { key: `qrs_${'0123456789abcdef'.repeat(4)}` }
  const destinations = { warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' } }
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify({ connector: 'acme', source, destinations, ledger }))
  return loadConfig(file, {}).ledger
}

const keep = { calls: '90d' }
const keepCallsMs = 90 * 24 * 3_600_000

it('calls are kept for good, unless the file says how long, with any ledger', () => {
  const usual = ledgerOf(undefined)
  expect(usual).not.toHaveProperty('keepCallsMs')
  expect(ledgerOf({ keep })).toEqual({ ...usual, keepCallsMs })
  const url = 'postgres://qrsync@db.example.com/ledger'
  expect(ledgerOf({ url, keep })).toEqual({ ...ledgerOf({ url }), keepCallsMs })
})

it.each([
  [{ keep: { calls: '61d' } }, 'ledger.keep.calls: a time from 62 days to a year, such as 90d or 1y'],
  [{ keep: { scans: '90d' } }, 'there is no such setting'],
])('%j is refused', (ledger, message) => {
  expect(() => ledgerOf(ledger)).toThrow(message)
})
