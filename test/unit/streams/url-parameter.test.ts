import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { urlParameter } from '../../../src/streams/url-parameter.ts'

const at = (query: string) => `https://example.com/path?${query}`

describe('a parameter of a URL', () => {
  test.each([
    ['x=1&name=a', { value: 'a', asWritten: null }],
    ['name=a&name=b', { value: 'a', asWritten: null }],
    ['name=', { value: '', asWritten: null }],
    ['name', { value: '', asWritten: null }],
    ['n%61me=a%20b', { value: 'a b', asWritten: null }],
    ['name=a%2Bb', { value: 'a+b', asWritten: null }],
    ['name=a+b%40c+', { value: 'a b@c ', asWritten: 'a+b@c+' }],
    ['name=a=b+c', { value: 'a=b c', asWritten: 'a=b+c' }],
    ['other=name', null],
    ['', null],
  ])('is read from %s', (query, found) => {
    expect(urlParameter(at(query), 'name')).toEqual(found)
  })

  test.each([null, '', 'example.com?name=a', 'https://example.com#?name=a'])('is null in %j', (url) => {
    expect(urlParameter(url, 'name')).toBeNull()
  })

  test('matches the standard for URLs, whatever the URL contains', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (parts) => {
        const url = at(['a=1', ...parts, 'name=a', 'b+c=2'].join('&'))
        for (const name of ['name', 'a', 'b c', 'x']) {
          expect(urlParameter(url, name)?.value ?? null).toBe(new URL(url).searchParams.get(name))
        }
      }),
    )
  })
})
