import { randomBytes } from 'node:crypto'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { expect, it } from 'vitest'
import { createPayloadCodec } from '../../../src/temporal/encryption/payload-codec.ts'

const key = randomBytes(32)
const formerKey = randomBytes(32)
const secret = { message: 'HubSpot refused anna@example.com' }
const payload = defaultPayloadConverter.toPayload(secret)
const codec = createPayloadCodec({ key, formerKey: null })

async function encode(with_ = codec): Promise<Payload> {
  const [encoded] = await with_.encode([payload])
  if (encoded === undefined) throw new Error('nothing was encoded')
  return encoded
}
const bytesIn = ({ metadata, data }: Payload) =>
  Buffer.concat([...Object.values(metadata ?? {}), data ?? Buffer.alloc(0)])
async function read(encoded: Payload, with_ = codec): Promise<unknown> {
  const [decoded] = await with_.decode([encoded])
  return defaultPayloadConverter.fromPayload(decoded ?? {})
}

it('what is stored shows neither the value nor the key, and two of the same value differ', async () => {
  const [one, other] = [await encode(), await encode()]
  expect(bytesIn(one).includes('anna')).toBe(false)
  expect(bytesIn(one).includes(key)).toBe(false)
  expect(bytesIn(one).equals(bytesIn(other))).toBe(false)
  expect(await read(one)).toEqual(secret)
})

it('what was stored before encryption was set stays readable', async () => {
  expect(await read(payload)).toEqual(secret)
})

it('a new key reads what the former one has encrypted, and encrypts with itself', async () => {
  const former = createPayloadCodec({ key: formerKey, formerKey: null })
  const both = createPayloadCodec({ key, formerKey })
  expect(await read(await encode(former), both)).toEqual(secret)
  expect(await read(await encode(both), codec)).toEqual(secret)
})

it('with a former key only, nothing is encrypted any more, and the old is readable', async () => {
  const off = createPayloadCodec({ key: null, formerKey: key })
  expect(await read(await encode(), off)).toEqual(secret)
  expect(bytesIn(await encode(off)).includes('anna')).toBe(true)
})

it('a missing key and a changed payload are errors that say what to do', async () => {
  for (const other of [formerKey, null]) {
    const without = createPayloadCodec({ key: other, formerKey: null })
    await expect(async () => read(await encode(), without)).rejects.toThrow(
      /^The Temporal server holds something that is encrypted with a key \([0-9a-f]{8}\) that the config file does not have\. Set it as temporal\.encryption\.key, or/,
    )
  }
  const changed = await encode()
  changed.data?.set([(changed.data.at(20) ?? 0) ^ 1], 20)
  await expect(read(changed)).rejects.toThrow('somebody has changed it')
  const short = await encode()
  await expect(read({ ...short, data: Buffer.from('short') })).rejects.toThrow('somebody has changed it')
})
