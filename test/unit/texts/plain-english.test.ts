import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Private words that a reader has to guess, each with the plain one. None has another meaning in these texts. */
const dictionary: readonly (readonly [RegExp, string])[] = [
  [/\bby (?:itself|themselves)\b/, 'automatically'],
  [/\bto be had\b/, 'available'],
  [/\bin vain\b/, 'without result'],
  [/\bwho(?:m|so)?ever\b/, 'the name of the actor'],
  [/\bmend(?:s|ed|ing)?\b(?!-times)/, 'fix'],
  [/\b(?:hold|holds|held|holding) (?:\w+ ){0,2}against\b/, 'compare with'],
  [/\basked for by a person\b/, 'manual'],
  [/\bat work\b/, 'running'],
  [/\bdefect of qrsync\b/, 'a bug in qrsync'],
  [/\banew\b/, 'again'],
  [/\b(?:let|lets) us (?:do|in|make|see)\b/, 'allow'],
  [/\band its kin\b/, 'and related ones'],
  [/\bknows no such\b/, 'does not know'],
  [/\b(?:has|have) no place (?:here|in)\b/, 'never write it here'],
  [/\bwithout a word\b/, 'without a message'],
  [/\b(?:goes|went) on\b/, 'continues'],
  [/\blooks next\b/, 'runs next'],
  [/\bof before\b/, 'older'],
  [/\bhanded over\b/, 'sent'],
]

/** The same for comments and test titles, in which these words have no other meaning either. */
const dictionaryOfCode: readonly (readonly [RegExp, string])[] = [
  ...dictionary,
  [/\bbrings\b/, 'fetches, or what happens'],
  [/\b(?:told|tells?) of\b/, 'report'],
  [/\bhand(?:s|ed|ing)? over\b/, 'send, or write'],
  [/\bby hand\b/, 'manually'],
  [/\bat present\b/, 'now'],
  [/\bhold(?:s|ing)? up\b/, 'delay'],
  [/\bheld up\b/, 'delayed'],
  [/\b(?:is|are|was|were) told\b/, 'get, or receive'],
  [/\bg(?:o|one) on\b/, 'continue'],
  [/\bas a rule\b/, 'usually'],
  [/\bnow and then\b/, 'sometimes'],
  [/\blets? go of\b/, 'free, or delete'],
]

const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: root })]
const sources = [
  ...globSync('src/{cli,config,destinations,observability,report,source,temporal,worker}/**/*.ts', {
    cwd: root,
  }),
  'src/model/connector-error.ts',
  'workflows/details.ts',
  'workflows/wait-text.ts',
]
const code = [
  ...globSync('{activities,bench,build,docs,reference-api,src,test,workflows}/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }),
  ...globSync('*.ts', { cwd: root }),
].filter((file) => !file.endsWith('plain-english.test.ts'))

const blank = (text: string) => text.replaceAll(/\S/g, ' ')

const comments = /\/\*\*?\s.*?\*\/|(?<=^|\s)\/\/ [^\n]*$/gms

/** Titles follow the name of the function or, in a table, the values of the table. */
const titles =
  /(?:^\s*(?:it|test|describe)(?:\.\w+)?(?:\([^'"`\n]*\))?|\))\(\s*(?:'[^'\n]+'|"[^"\n]+"|`[^`]+`)(?=,|\s*\))/gm

/** Only what the pattern finds. Lines stay where they are. */
function only(pattern: RegExp, text: string): string {
  let kept = ''
  for (const { 0: found, index } of text.matchAll(pattern)) {
    kept += blank(text.slice(kept.length, index)) + found
  }
  return kept
}

/** Code without comments, and with the halves of a text that is put together by "+" side by side. Lines stay where they are. */
function withoutComments(code: string): string {
  return code
    .replaceAll(/\/\*\*?\s.*?\*\//gs, blank)
    .replaceAll(/(?<=^|\s)\/\/ .*$/gm, blank)
    .replaceAll(/['"`]\s*\+\s*['"`]/g, blank)
}

/** "file:line: “by itself”: write “automatically”", for each word of the dictionary. Sentences run over line ends. */
function privateWords(file: string, text: string, words = dictionary): string[] {
  return words.flatMap(([{ source }, plain]) => {
    const pattern = new RegExp(source.replaceAll(' ', String.raw`\s+`), 'gi')
    return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
      const line = text.slice(0, index).split('\n').length
      return `${file}:${line}: “${found.replaceAll(/\s+/g, ' ')}”: write “${plain}”`
    })
  })
}

const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

describe('the words of the dictionary', () => {
  it.each(documents)('are not in %s', (file) => {
    expect(privateWords(file, read(file))).toEqual([])
  })

  it('are in no text that the product shows', () => {
    expect(sources.length).toBeGreaterThan(200)
    expect(sources.flatMap((file) => privateWords(file, withoutComments(read(file))))).toEqual([])
  })

  it('are in no comment and no test title', () => {
    expect(code.length).toBeGreaterThan(1_000)
    const texts = code.map((file) => [file, read(file)] as const)
    expect(texts.flatMap(([, text]) => text.match(titles) ?? []).length).toBeGreaterThan(1_500)
    const found = texts.flatMap(([file, text]) => [
      ...privateWords(file, only(comments, text), dictionaryOfCode),
      ...privateWords(file, only(titles, text), dictionaryOfCode),
    ])
    expect(found).toEqual([])
  })

  it('are found with file and line: over line ends and in halves of a text, but not in comments', () => {
    const code = `/** For whoever reads
 * this comment. */
const url = 'https://example.com' // It works by itself.
const first = \`\${url}: mend it, or try in
vain\`
const second = 'It works by ' +
  "itself."`
    expect(privateWords('a.ts', withoutComments(code))).toEqual([
      'a.ts:6: “by itself”: write “automatically”',
      'a.ts:4: “in vain”: write “without result”',
      'a.ts:4: “mend”: write “fix”',
    ])
  })

  it('are found in comments and in titles of every form, but not in other code', () => {
    const code = `// Whoever reads this
const data = ['in vain'] // goes on
it('mends all', () => undefined)
test.each([
  ['at work', 1],
])('looks next: %s', () => undefined)
describe.each(kinds)(
  "is anew on %s",
  () => undefined,
)
it.skipIf(isRoot())('works by itself', () => undefined)
`
    const lines = (pattern: RegExp) =>
      privateWords('a.ts', only(pattern, code)).map((found) => found.replace(/:[^:]*$/, ''))
    expect(lines(comments).toSorted()).toEqual(['a.ts:1: “Whoever”', 'a.ts:2: “goes on”'])
    expect(lines(titles).toSorted()).toEqual([
      'a.ts:11: “by itself”',
      'a.ts:3: “mends”',
      'a.ts:6: “looks next”',
      'a.ts:8: “anew”',
    ])
  })
})
