import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { noticesOf, readLock } from '../../../build/notices.ts'

it('THIRD-PARTY-NOTICES.md lists the packages of package-lock.json: "npm run notices" writes it', () => {
  const notices = readFileSync(join(import.meta.dirname, '../../../THIRD-PARTY-NOTICES.md'), 'utf8')
  expect(notices).toBe(noticesOf(readLock()))
  expect(notices).toMatch(/^\| @img\/sharp-libvips-linux-x64 \| .* \| LGPL-3\.0-or-later \|$/m)
  expect(notices).not.toMatch(/^\| (vitest|eslint) \|/m)
})

it('a package without a license is an error', () => {
  const packages = { 'node_modules/odd': { version: '1.0.0' } }
  expect(() => noticesOf({ packages })).toThrow('odd names no license')
})
