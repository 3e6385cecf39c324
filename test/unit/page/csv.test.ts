import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toCsv, type Cell } from '../../../src/page/csv.ts'

/** The fields of a file, parsed as in RFC 4180. */
function parse(csv: string): string[][] {
  expect(csv.startsWith('\ufeff')).toBe(true)
  const rows: string[][] = []
  for (const line of csv.slice(1).trimEnd().split('\r\n')) {
    const fields = [...line.matchAll(/"((?:[^"]|"")*)"|([^",]*)(?:,|$)/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
    )
    rows.push(fields)
  }
  return rows
}

const first = (cell: Cell) => parse(toCsv(['name'], [[cell]]))[1]?.[0] ?? ''

it.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r\n=1',
  '  =1',
  '|calc',
  '＝1',
  '\u00a0=HYPERLINK("http://x")',
  '\u202e=1',
])('%j is text in a spreadsheet', (formula) => {
  expect(first(formula)).toMatch(/^'/)
})

it('no text breaks a row or a field, or reverses its direction', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const csv = toCsv(['a', 'b'], [[text, 7]])
      expect(csv.split('\r\n')).toHaveLength(3)
      const [, row = ''] = csv.split('\r\n')
      expect(row).toMatch(/^"(?:[^"]|"")*",7$/u)
      expect(row).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      expect(first(text)).not.toMatch(/^[\s]*[=+\-@]/u)
    }),
  )
})

it('numbers and missing values stay as they are', () => {
  expect(toCsv(['scans', 'unique'], [[-3, null]])).toBe('\ufeff"scans","unique"\r\n-3,\r\n')
  expect(first('Café "Süd", 1')).toBe('Café "Süd", 1')
})
