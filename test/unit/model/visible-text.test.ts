import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visible, visibleInLine, withVisibleText } from '../../../src/model/visible-text.ts'

test.each([
  ['a screen that is cleared', '\u001b[2J\u001b[H', '\\u001b[2J\\u001b[H'],
  ['a line that is written over', 'fails\rok', 'fails\\u000dok'],
  ['a sequence of one character (C1)', '\u009b2J', '\\u009b2J'],
  ['text that reads backwards', 'user\u202egnp.exe', 'user\\u202egnp.exe'],
  ['an isolated direction', '\u2066x\u2069', '\\u2066x\\u2069'],
  ['other lines', 'a\u2028b\u0085c', 'a\\u2028b\\u0085c'],
  ['delete', '\u007f', '\\u007f'],
])('%s is replaced by a visible character', (_, text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('everything else stays the same, including tabs, line feeds and emoji', () => {
  const text = 'Speisekarte „Süß“\t€ 5\nسلام 👩‍👧 ‌'
  expect(visible(text)).toBe(text)
})

test('JSON stays the same JSON, without characters that a terminal executes', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      expect(JSON.parse(visible(json))).toEqual(JSON.parse(json))
      expect(visible(json)).not.toMatch(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }),
  )
})

test('text of other systems never starts a line', () => {
  expect(visibleInLine('Menu\r\n  ok  all is well')).toBe('Menu ok  all is well')
  expect(visibleInLine('a\u2028b\u0085c')).toBe('a b c')
  const message = 'Access denied\n`qrsync check` shows what is missing.\nIt is retried.'
  expect(withVisibleText({ message })).toEqual({
    message: 'Access denied. `qrsync check` shows what is missing. It is retried.',
  })
  const given = {
    codes: [{ name: 'a\nb', scans: 1, last: null }],
    byName: new Map([['c\nd', { text: '\u001b' }]]),
    at: new Date(0),
  }
  expect(withVisibleText(given)).toEqual({
    codes: [{ name: 'a b', scans: 1, last: null }],
    byName: new Map([['c d', { text: '\\u001b' }]]),
    at: new Date(0),
  })
})
