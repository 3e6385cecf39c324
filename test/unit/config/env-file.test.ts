import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, expect, it, vi } from 'vitest'
import { isOpenToGit, namesSetIn, withVariables, writeEnvFile } from '../../../src/cli/init/env-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'qrsync-env-file-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it.each([
  'qrs_0123',
  'with space',
  'postgres://a:b#c@host/d?e=f',
  `it's`,
  'say "yes"',
  `'"`,
  'a\\nb',
  '$HOME',
])('a value that is written is read as it was: %s', (value) => {
  expect(parseEnv(withVariables('', { TOKEN: value }))).toEqual({ TOKEN: value })
})

it('a value that the format cannot hold is refused', () => {
  expect(() => withVariables('', { TOKEN: `'"\`` })).toThrow(/the value of TOKEN cannot be written/)
})

it('a variable is replaced, and every other line stays', () => {
  expect(withVariables('# mine\nOTHER=1\nexport TOKEN=old\n\n', { TOKEN: 'new' })).toBe(
    '# mine\nOTHER=1\nTOKEN=new\n',
  )
})

it('a value of several lines stays whole, whatever its lines look like', () => {
  const key = '-----BEGIN KEY-----\nTOKEN=inside\n\n-----END KEY-----'
  const before = `OLD="1\n2"\nKEY="${key}"\nOTHER=1\n`
  const after = withVariables(before, { TOKEN: 'new', OLD: '3' })
  expect(parseEnv(after)).toEqual({ KEY: key, OTHER: '1', TOKEN: 'new', OLD: '3' })
  expect(after).toBe(`KEY="${key}"\nOTHER=1\nTOKEN=new\nOLD=3\n`)
})

it.each([`"`, `'`, '`'])(
  'a quote that the file leaves open (%s) is named, and not the new variable',
  (quote) => {
    const before = `FIRST=1\nOPEN=${quote}half\nLAST=2\n`
    expect(parseEnv(withVariables(before, { TOKEN: 'plain' }))).toMatchObject({ LAST: '2', TOKEN: 'plain' })
    const value = ['"', "'", '`'].filter((each) => each !== quote).join('')
    expect(() => withVariables(before, { TOKEN: value })).toThrow(
      `its line 2 opens a quote (${quote}) that no line closes`,
    )
    expect(parseEnv(withVariables(before, { OPEN: value }))).toEqual({ FIRST: '1', LAST: '2', OPEN: value })
  },
)

it.each(['new', 'existing'])('only its owner can read a %s file', (which) => {
  const path = join(folder, which)
  if (which === 'existing') writeFileSync(path, 'OTHER=1\n', { mode: 0o644 })
  writeEnvFile(path, { TOKEN: 'secret' })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(parseEnv(readFileSync(path, 'utf8'))).toMatchObject({ TOKEN: 'secret' })
})

it('names those variables that a file already sets', () => {
  const path = join(folder, 'set')
  writeFileSync(path, '# KEY=1\nexport TOKEN=old\n')
  expect(namesSetIn(path, ['KEY', 'TOKEN'])).toEqual(['TOKEN'])
  expect(namesSetIn(join(folder, 'none'), ['KEY'])).toEqual([])
})

it('tells whether Git would commit the file', () => {
  const repository = join(folder, 'repository')
  const path = join(repository, '.env')
  mkdirSync(repository)
  expect(isOpenToGit(path), 'without a repository').toBe(false)
  execFileSync('git', ['init', '--quiet'], { cwd: repository })
  expect(isOpenToGit(path), 'in a repository').toBe(true)
  writeFileSync(join(repository, '.gitignore'), '.env\n')
  expect(isOpenToGit(path), 'ignored').toBe(false)
})

it('starts Git without the keys and tokens of its environment', () => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nenv > ${join(folder, 'seen')}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`)
  vi.stubEnv('HUBSPOT_TOKEN', 'swordfish')
  isOpenToGit(join(folder, '.env'))
  vi.unstubAllEnvs()
  const seen = readFileSync(join(folder, 'seen'), 'utf8')
  expect(seen).toMatch(/^PATH=/m)
  expect(seen).not.toContain('swordfish')
})
