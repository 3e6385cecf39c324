import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const folders = ['src', 'activities', 'workflows', 'reference-api', 'test', 'bench', 'docs']
const files = new Set(
  ['*.ts', ...folders.map((folder) => `${folder}/**/*.ts`)].flatMap((glob) => globSync(glob, { cwd: root })),
)
const texts = [
  'README.md',
  'CONTRIBUTING.md',
  'test/support/README.md',
  ...globSync('docs/*.md', { cwd: root }),
]

/** As in `workflows/sync.ts`, or with the end of its path only, as in `sync.ts`. */
const named = /`([a-z0-9][a-z0-9/.-]*\.ts)`/g
/** A name that no file may have. */
const forbidden = 'utils.ts'

describe('files that a text names', () => {
  it.each(texts)('exist: %s', (text) => {
    const names = Array.from(readFileSync(join(root, text), 'utf8').matchAll(named), ([, name = '']) => name)
    const isThere = (name: string) => files.has(name) || [...files].some((file) => file.endsWith(`/${name}`))
    expect(names.filter((name) => name !== forbidden && !isThere(name))).toEqual([])
  })

  it('are found inside a sentence', () => {
    expect(Array.from('see `workflows/sync.ts`, `a-b.test.ts`'.matchAll(named), ([, name]) => name)).toEqual([
      'workflows/sync.ts',
      'a-b.test.ts',
    ])
  })
})
