import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../../src/config/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-config-'))
const file = join(folder, 'qrsync.yaml')
const environment = { QRCS_API_KEY: `qrs_${'0123456789abcdef'.repeat(4)}`, HUBSPOT_TOKEN: 'pat-eu1-secret' }

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function load(settings: object, env: Record<string, string> = environment) {
  const crm = { type: 'hubspot', token: '${HUBSPOT_TOKEN}', ...settings }
  const text = { connector: 'acme', source: { key: '${QRCS_API_KEY}' }, destinations: { crm } }
  writeFileSync(file, stringify(text))
  return loadConfig(file, env).destinations['crm']
}

const email = { object: 'contacts', property: 'email', parameter: 'utm_id' }

describe('a destination in HubSpot', () => {
  test('needs only a token', () => {
    expect(load({})).toEqual({
      type: 'hubspot',
      token: 'pat-eu1-secret',
      url: 'https://api.hubapi.com',
      object: 'qr_code',
      scans: false,
      parameters: [],
      properties: {},
      names: {},
      link: [],
      events: false,
      associate: true,
      lists: false,
      calls_per_10_seconds: 100,
    })
  })

  test('may be a test server on this machine', () => {
    for (const url of [
      'http://127.0.0.1:8080',
      'http://localhost',
      'http://[::1]:1',
      'https://proxy.example.com/hubspot',
    ]) {
      expect(load({ url })).toMatchObject({ url })
    }
  })

  test.each([
    ['a link by nothing', { link: [{ object: 'contacts', property: 'email' }] }, 'one of parameter'],
    ['a link by two', { link: [{ ...email, field: 'owner' }] }, 'one of parameter'],
    ['two links to an object', { link: [email, { ...email, property: 'phone' }] }, 'one rule per object'],
    ['a link to the object that codes become', { object: 'contacts', link: [email] }, 'an object other than'],
    ['another name that is HubSpot’s own', { names: { codes: { status: 'hs_status' } } }, 'nor with hs_'],
    ['another name for what finds records', { names: { codes: { code_id: 'acme_id' } } }, 'one of status'],
    [
      'two properties of one name',
      { names: { links: { codes: 'acme', last_code: 'acme' } } },
      'two properties cannot have one name',
    ],
    [
      'another name of a link for what finds records',
      { link: [{ ...email, names: { email: 'acme_email' } }] },
      'one of codes',
    ],
    [
      'two properties of a link of one name',
      { link: [{ ...email, names: { codes: 'acme', last_code: 'acme' } }] },
      'two properties cannot have one name',
    ],
    ['a property of a link that is none', { link: [{ ...email, properties: ['scans'] }] }, "one of 'codes'"],
    [
      'a property that is a label',
      { link: [{ ...email, property: 'E-mail' }] },
      'the internal name of a HubSpot property',
    ],
    [
      'two parameters that differ in no letter or digit',
      { parameters: ['store id', 'Store-ID'] },
      'the same property',
    ],
    ['a parameter that has a property anyway', { parameters: ['utm_source'] }, 'have properties anyway'],
    ['a property that is none', { properties: { codes: ['scans'] } }, "one of 'status'"],
    ['neither codes nor links', { object: 'none' }, 'a rule under link is needed'],
    [
      'records of scans without those of codes',
      { object: 'none', scans: true, link: [email] },
      'need an object for codes',
    ],
    ['events on no record', { events: true }, 'contacts, companies, deals or tickets'],
    ['lists of no record', { lists: true }, 'a rule under link'],
    [
      'lists by a property that is not written',
      { lists: true, link: [{ ...email, properties: ['codes'] }] },
      'last_scanned_at among the properties',
    ],
    ['an object that is a label', { object: 'QR codes' }, 'the name of a CRM object'],
    [
      'an address where the token can be read on its way',
      { url: 'http://api.example.com' },
      'begins with https:',
    ],
    [
      'an address that only looks like this machine',
      { url: 'http://localhost.example.com' },
      'begins with https:',
    ],
  ])('%s is refused', (_, settings, rule) => {
    expect(() => load(settings)).toThrow(rule)
  })

  test('is refused without showing a malformed token', () => {
    const loadBad = () => load({}, { ...environment, HUBSPOT_TOKEN: 'pat-eu1 secret' })
    expect(loadBad).toThrow('a token: no spaces or line breaks')
    expect(loadBad).not.toThrow('secret')
  })
})
