import { rmSync, writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprintOfSources } from '../../../src/config/config-sources.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { apiKey } from '../../support/config-text.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-dot-env-'))
  file = join(folder, 'qrsync.yaml')
  const destinations = 'destinations: { warehouse: { type: duckdb, path: a.duckdb } }\n'
  writeFileSync(file, `connector: \${NAME}\nsource: { key: '\${file:key.txt}' }\n${destinations}`)
  writeFileSync(join(folder, 'key.txt'), `${apiKey}\n`)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})
const dotEnv = (text: string) => {
  writeFileSync(join(folder, '.env'), text)
}

it('a variable that the environment does not set comes from the `.env` beside the config file', () => {
  expect(() => loadConfig(file, {})).toThrow('the environment variable NAME is not set')
  dotEnv('# a comment\nNAME="acme"\n')
  expect(loadConfig(file, {}).connector).toBe('acme')
  expect(loadConfig(file, { NAME: '' }).connector).toBe('acme')
  expect(loadConfig(file, { NAME: 'other' }).connector).toBe('other')
})

it('a change of the config file, of `.env` or of a file with a secret is noticed, and no other', () => {
  const seen = [fingerprintOfSources(file)]
  const change = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    seen.push(fingerprintOfSources(file))
  }
  change('.env', 'NAME=acme\n')
  change('key.txt', 'another')
  change('qrsync.yaml', 'connector: acme\nsource: { key: "${file:key.txt}" }\n')
  expect(new Set(seen).size).toBe(4)
  change('unrelated.txt', 'text')
  change('qrsync.yaml', 'connector: acme\nsource: { key: "${file:key.txt}" }\n')
  expect(new Set(seen).size).toBe(4)
})
