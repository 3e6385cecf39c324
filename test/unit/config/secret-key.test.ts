import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../../src/config/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-key-'))
const file = join(folder, 'qrsync.yaml')
const hex = '0123456789abcdef'.repeat(4)
const invalid = [hex, `qrs_${hex}0`, `qrs_${hex.slice(1)}Z`, `Bearer qrs_${hex}`]

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function write(key: string): void {
  const destinations = { warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' } }
  writeFileSync(file, stringify({ connector: 'acme', source: { key }, destinations }, { lineWidth: 0 }))
}

describe('an invalid key', () => {
  it.each(invalid)('is never shown, written in the file or from the environment: %s', (key) => {
    const refusal = `${file}:3: source.key: a key: qrs_ and 64 hexadecimal digits`
    write(key)
    expect(() => loadConfig(file, {})).toThrow(expect.objectContaining({ message: refusal }))
    write('${QRCS_API_KEY}')
    expect(() => loadConfig(file, { QRCS_API_KEY: key })).toThrow(
      expect.objectContaining({ message: refusal }),
    )
  })
})
