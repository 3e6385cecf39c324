import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const texts = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/*.md', { cwd: root }),
]
const read = (text: string) => readFileSync(join(root, text), 'utf8')

/** Links to other files of the repository, as in `[how](docs/planner.md#waits)`. */
function linksOf(text: string): { file: string; anchor: string | null }[] {
  return [...read(text).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
    ([, path = '', anchor = null]) => ({
      file: path === '' ? text : normalize(join(dirname(text), path)),
      anchor,
    }),
  )
}

/** The anchors that GitHub gives to the headings of a text. */
function anchorsOf(text: string): Set<string> {
  const headings = [...read(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

describe('links', () => {
  it.each(texts)('of %s lead somewhere', (text) => {
    const broken = linksOf(text).filter(
      ({ file, anchor }) =>
        !existsSync(join(root, file)) ||
        (anchor !== null && file.endsWith('.md') && !anchorsOf(file).has(anchor)),
    )
    expect(broken).toEqual([])
  })

  it('from README.md lead to every page of the documentation', () => {
    const linked = new Set(linksOf('README.md').map(({ file }) => file))
    const pages = globSync('docs/*.md', { cwd: root })
    expect(pages).toContain('docs/without-a-shell.md')
    expect(pages.filter((page) => !linked.has(page))).toEqual([])
  })

  it('from the page for people without a shell lead to the six words of README.md', () => {
    expect(linksOf('docs/without-a-shell.md')).toContainEqual({ file: 'README.md', anchor: 'six-words' })
    const [, table = ''] = /^## Six words\n+((?:\|.*\n)+)/m.exec(read('README.md')) ?? []
    const words = table.trim().split('\n').slice(2)
    expect(words).toHaveLength(6)
    for (const row of words) expect(row).toMatch(/^\| \w+ \| \w.+ \|$/)
  })
})
