import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { unpack } from '../../../src/http/unpack.ts'

const text = '{"success":true}'
const maxBytes = 2 ** 20

it.each([undefined, '', ' ', ',', 'identity', 'Identity, '])(
  'an answer that is not packed stays as it is (%j)',
  (encoding) => {
    expect(unpack(Buffer.from(text), encoding, maxBytes).toString()).toBe(text)
  },
)

it.each(['gzip', 'gzip,', ', gzip', 'gzip, identity', 'identity,x-gzip,,'])(
  'an empty entry in the header, and identity, count as nothing (%s)',
  (encoding) => {
    expect(unpack(gzipSync(text), encoding, maxBytes).toString()).toBe(text)
  },
)

it.each(['constructor', 'toString', '__proto__'])('%s is no encoding', (encoding) => {
  expect(() => unpack(Buffer.from(text), encoding, maxBytes)).toThrow(
    `the response is packed with ${encoding.toLowerCase()}, which qrsync does not know`,
  )
})

it.each([undefined, 'identity', 'gzip'])('no answer is larger than allowed (%s)', (encoding) => {
  const body = Buffer.alloc(maxBytes + 1)
  const sent = encoding === 'gzip' ? gzipSync(body) : body
  expect(() => unpack(sent, encoding, maxBytes)).toThrow('the response is larger than 1 MB')
})
