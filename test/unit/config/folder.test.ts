import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadConfigs } from '../../../src/config/load-configs.ts'
import { apiKey, refusalOf } from '../../support/config-text.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-configs-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const good = {
  source: { key: '${QRCS_API_KEY}' },
  destinations: { warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' } },
}
const write = (file: string, config: object) => {
  writeFileSync(join(folder, file), stringify({ ...good, ...config }))
}
const loadServed = (path = folder) => loadConfigs(path, { QRCS_API_KEY: apiKey })
const load = (path = folder) => loadServed(path).configs
const refusal = () => refusalOf(() => load()).replaceAll(`${folder}/`, '')

describe('a folder of config files', () => {
  it('is a connector for each *.yaml, ordered by name, with one ledger beside them', () => {
    for (const name of ['b', 'a', 'c']) write(`${name}.yaml`, { connector: `acme-${name}` })
    const configs = load()
    expect(configs.map(({ connector }) => connector)).toEqual(['acme-a', 'acme-b', 'acme-c'])
    expect(new Set(configs.map(({ ledger }) => ledger.location))).toEqual(
      new Set([join(folder, '.qrsync/ledger.sqlite')]),
    )
  })

  it('may contain other files', () => {
    write('a.yaml', { connector: 'a' })
    write('notes.txt', {})
    write('.hidden.yaml', {})
    mkdirSync(join(folder, 'b'))
    writeFileSync(join(folder, 'b', 'c.yaml'), '')
    expect(load()).toHaveLength(1)
  })

  it('may contain links, like a mounted ConfigMap', () => {
    mkdirSync(join(folder, '..data'))
    write('..data/a.yaml', { connector: 'a' })
    symlinkSync(join('..data', 'a.yaml'), join(folder, 'a.yaml'))
    expect(load().map(({ connector }) => connector)).toEqual(['a'])
  })

  it('is refused with the mistakes of all its files, each with file and line', () => {
    write('a.yaml', { connector: 'Acme' })
    write('b.yaml', { connector: 'acme', shedule: {} })
    write('c.yaml', { connector: 'acme', source: { key: '${NOT_SET}' } })
    writeFileSync(join(folder, 'd.yaml'), '[')
    const lines = refusal().split('\n')
    expect(lines.map((line) => line.split(':', 2).join(':'))).toEqual([
      'a.yaml:7',
      'b.yaml:8',
      'c.yaml:2',
      'd.yaml:1',
    ])
    expect(lines[1]).toContain('did you mean schedule?')
  })

  it('is refused if two connectors have the same name', () => {
    for (const file of ['a', 'b', 'c']) write(`${file}.yaml`, { connector: file === 'b' ? 'other' : 'acme' })
    expect(refusal()).toBe(
      'c.yaml: connector: a.yaml already has the name acme; each connector needs its own',
    )
  })

  it('is refused if two connectors use different Temporal servers', () => {
    const temporal = { address: 'temporal:7233' }
    write('a.yaml', { connector: 'a', temporal })
    write('b.yaml', { connector: 'b', temporal })
    expect(load()).toHaveLength(2)
    write('c.yaml', { connector: 'c' })
    expect(refusal()).toBe('c.yaml: temporal: differs from that of a.yaml; a folder has one Temporal server')
  })

  it('gives the worker its own name; a file gives it the name of its connector', () => {
    write('a.yaml', { connector: 'acme' })
    expect(loadServed().name).toBe(basename(folder))
    expect(loadServed(join(folder, 'a.yaml')).name).toBe('acme')
  })

  it('is refused if it has no config file', () => {
    write('a.yml', { connector: 'a' })
    expect(refusalOf(() => load())).toBe(
      `The folder ${folder} has no config file: qrsync reads one connector from every *.yaml in it.`,
    )
  })
})

it('may be a single file, which is one connector', () => {
  write('a.yaml', { connector: 'a' })
  write('b.yaml', { connector: 'b' })
  expect(load(join(folder, 'b.yaml')).map(({ connector }) => connector)).toEqual(['b'])
})

it('is reported if the path is neither a file nor a folder', () => {
  expect(refusalOf(() => load(join(folder, 'missing')))).toMatch(/missing cannot be read: ENOENT/)
})
