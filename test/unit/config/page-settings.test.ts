import { expect, it } from 'vitest'
import { pageSettings } from '../../../src/config/settings/page-settings.ts'

const messageOf = (settings: unknown) =>
  JSON.stringify(pageSettings.safeParse(settings).error?.issues ?? null)

it('the page is open to this machine only, unless it has a token', () => {
  expect(pageSettings.parse(undefined)).toEqual({ host: '127.0.0.1' })
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) expect(messageOf({ host })).toBe('null')
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'qrsync.example.com', '127.example.com']) {
    expect(messageOf({ host }), host).toContain('an address of this machine alone')
    expect(messageOf({ host, token: 'sixteen-letters-or-more' }), host).toBe('null')
  }
})

it.each(['short', 'with spaces in between', ''])('%j is not a token', (token) => {
  expect(messageOf({ token })).toContain('a token: at least 16 characters')
})
