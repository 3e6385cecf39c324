import type { LookupAddress } from 'node:dns'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { addKey } from '../../../../reference-api/account/keys.ts'
import { createPictures } from '../../../../reference-api/image/pictures.ts'
import { defaultCustomizations } from '../../../../reference-api/image/render-customizations.ts'
import { TooManyWaiting } from '../../../../reference-api/image/turns.ts'
import { seedAccount } from '../../../../reference-api/seed/seed.ts'
import { redSquare, startLogoServer, type LogoServer } from '../../../support/reference-api/logo-server.ts'
import { colorAt, readPng, readQrCode, type Pixels } from '../../../support/reference-api/read-qr-code.ts'
import {
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../../support/reference-api/reference-api.ts'
import { until } from '../../../support/until.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }
const minuteMs = 60_000

type Account = Pick<InProcessReferenceApi, 'url' | 'key'>

let server: LogoServer
let api: InProcessReferenceApi
/** What the server answers for `/logo`; null is 404. */
let logo: Buffer | null
/** Requests for `/silent/…` that have no answer yet; null once they are answered like `/logo`. */
let held: ServerResponse[] | null

const answer = (response: ServerResponse) => {
  if (logo === null) response.writeHead(404).end()
  else response.end(logo)
}

beforeEach(async () => {
  clock.now = start
  logo = await redSquare('png')
  held = []
  const hold = (response: ServerResponse) => {
    if (held === null) answer(response)
    else held.push(response)
  }
  const silent = Array.from({ length: 20 }, (_, number) => [`/silent/${number}`, hold] as const)
  server = await startLogoServer({ '/logo': answer, '/other': answer, ...Object.fromEntries(silent) })
  api = await startReferenceApi({
    codes: 0,
    scans: 0,
    now: () => clock.now,
    publicUrl: 'https://qrcodestack.com',
    logoNetwork: server.network,
  })
})
afterEach(async () => {
  await api.close()
  await server.close()
})

async function createWithLogo(logo_url: string, account: Account = api): Promise<ListedQrCode> {
  const json = {
    name: 'Logo',
    type: 'url',
    destination_url: 'https://example.com',
    render_customizations: { logo_url },
  }
  return (await callApi<ListedQrCode>(account, '/qr-codes', { method: 'POST', json })).body.data
}

async function pixelsOf({ id }: { id: string }, size = 512, account: Account = api): Promise<Pixels> {
  const response = await fetch(`${account.url}/api/v1/qr-codes/${id}/image?size=${size}`, {
    headers: { authorization: `Bearer ${account.key}` },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('private, max-age=3600')
  return readPng(Buffer.from(await response.arrayBuffer()))
}

const isInMiddle = (pixels: Pixels) => colorAt(pixels, pixels.width / 2, pixels.height / 2) === '#FF0000'

describe.each(['png', 'jpeg', 'gif', 'webp'] as const)('a logo in the format %s', (kind) => {
  test('is drawn in the middle, small enough for the code to be readable', async () => {
    logo = await redSquare(kind)
    const code = await createWithLogo(`${server.url}/logo`)
    const pixels = await pixelsOf(code)
    const [red, green, blue] = Buffer.from(colorAt(pixels, 256, 256).slice(1), 'hex')
    expect([Number(red) > 240, Number(green) < 15, Number(blue) < 15]).toEqual([true, true, true])
    expect(await readQrCode(pixels)).toEqual({ jsqr: code.short_url, zxing: code.short_url })
    let reds = 0
    for (let at = 0; at < pixels.data.length; at += 4) {
      if (Number(pixels.data[at]) > 200 && Number(pixels.data[at + 1]) < 60) reds++
    }
    expect(reds / (512 * 512)).toBeGreaterThan(0.01)
    expect(reds / (512 * 512)).toBeLessThan(1 / 16)
  })
})

test('is left out if it cannot be fetched, and the modules stay as they are', async () => {
  logo = null
  const code = await createWithLogo(`${server.url}/logo`)
  const without = await pixelsOf(code)
  expect(await readQrCode(without)).toEqual({ jsqr: code.short_url, zxing: code.short_url })
  logo = await redSquare('png')
  clock.now += minuteMs + 1
  const withLogo = await pixelsOf(code)
  expect([isInMiddle(without), isInMiddle(withLogo)]).toEqual([false, true])
  const differing = []
  for (let y = 0; y < 512; y++) {
    for (let x = 0; x < 512; x++) if (colorAt(without, x, y) !== colorAt(withLogo, x, y)) differing.push(x, y)
  }
  expect(Math.min(...differing)).toBeGreaterThan(512 * 0.38)
  expect(Math.max(...differing)).toBeLessThan(512 * 0.62)
})

test('is requested again after a minute if it could not be fetched, and after an hour if it could', async () => {
  logo = null
  const code = await createWithLogo(`${server.url}/logo`)
  await pixelsOf(code)
  logo = await redSquare('png')
  clock.now += minuteMs
  expect(isInMiddle(await pixelsOf(code))).toBe(false)
  expect(server.asked).toHaveLength(1)
  clock.now += 1
  expect(isInMiddle(await pixelsOf(code))).toBe(true)
  expect(server.asked).toHaveLength(2)
  logo = null
  clock.now += 60 * minuteMs
  expect(isInMiddle(await pixelsOf(code))).toBe(true)
  expect(server.asked).toHaveLength(2)
  clock.now += 1
  expect(isInMiddle(await pixelsOf(code))).toBe(false)
  expect(server.asked).toHaveLength(3)
})

test('is fetched again an hour after its last fetch, even if a newer code uses it', async () => {
  const first = await createWithLogo(`${server.url}/logo`)
  await pixelsOf(first)
  clock.now += 30 * minuteMs
  const second = await createWithLogo(`${server.url}/logo`)
  expect(isInMiddle(await pixelsOf(second))).toBe(true)
  logo = null
  clock.now += 30 * minuteMs + 1
  expect(isInMiddle(await pixelsOf(second))).toBe(false)
})

test('is fetched once for all simultaneous requests, of any code and size', async () => {
  const codes = await Promise.all([1, 2, 3].map(() => createWithLogo(`${server.url}/logo`)))
  const other = await createWithLogo(`${server.url}/other`)
  await Promise.all([...codes, ...codes, other].flatMap((code) => [pixelsOf(code, 200), pixelsOf(code, 201)]))
  expect(server.asked.toSorted()).toEqual(['/logo', '/other'])
})

test('slow logos of one account do not delay those of another', async () => {
  const slow = await Promise.all(
    Array.from({ length: 20 }, (_, number) => createWithLogo(`${server.url}/silent/${number}`)),
  )
  const otherId = seedAccount(api.store, { codes: 0, scans: 0, seed: 9, now: start })
  const other = { url: api.url, key: addKey(api.store, otherId, start) }
  const mine = await createWithLogo(`${server.url}/logo`, other)
  const waiting = slow.map((code) => pixelsOf(code))
  await until(() => server.asked.length > 0)
  expect(isInMiddle(await pixelsOf(mine, 512, other))).toBe(true)
  expect(server.asked.filter((path) => path.startsWith('/silent')).length).toBeLessThan(16)
  for (const response of held?.splice(0) ?? []) answer(response)
  held = null
  await Promise.all(waiting)
})

test('the server, as users start it, fetches no logo from this machine', async () => {
  const strict = await startReferenceApi({ codes: 1, scans: 0 })
  const id = String((await callApi<ListedQrCode[]>(strict, '/qr-codes')).body.data[0]?.id)
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    const render_customizations = { logo_url: `https://${host}:${server.port}/logo` }
    const changed = await callApi(strict, `/qr-codes/${id}`, {
      method: 'PATCH',
      json: { render_customizations },
    })
    expect(changed.status).toBe(200)
    const response = await fetch(`${strict.url}/api/v1/qr-codes/${id}/image`, {
      headers: { authorization: `Bearer ${strict.key}` },
    })
    expect(response.status).toBe(200)
    await response.arrayBuffer()
  }
  expect(server.connections()).toBe(0)
  await strict.close()
})

describe('accounts take turns', () => {
  const customizations = defaultCustomizations
  const shortUrl = (number: number) => `https://qrcodestack.com/r/${number}`

  test('when images are drawn: many of one account do not delay those of another', async () => {
    const pictures = createPictures(Date.now)
    onTestFinished(() => {
      pictures.close()
    })
    let drawn = 0
    const many = Array.from({ length: 30 }, (_, number) =>
      pictures
        .get({ accountId: 'a', shortUrl: shortUrl(number), customizations, sizePx: 128 })
        .then(() => (drawn += 1)),
    )
    await pictures.get({ accountId: 'b', shortUrl: shortUrl(0), customizations, sizePx: 128 })
    expect(drawn).toBeLessThan(10)
    await Promise.all(many)
  })

  test('when logos are fetched: the queue of one account is bounded, and leaves room for another', async () => {
    const asked: string[] = []
    const { promise: released, reject: release } = Promise.withResolvers<LookupAddress[]>()
    const pictures = createPictures(Date.now, {
      resolve: (name) => {
        asked.push(name)
        return released
      },
    })
    onTestFinished(() => {
      pictures.close()
    })
    const get = (accountId: string, number: number) =>
      pictures.get({
        accountId,
        // Too long for a code, so that nothing is drawn.
        shortUrl: 'x'.repeat(5_000),
        customizations: { ...customizations, logo_url: `https://${accountId}.example/${number}` },
        sizePx: 128,
      })
    // Four are fetched, and sixty wait.
    const many = Array.from({ length: 64 }, (_, number) => get('a', number))
    await expect(get('a', 64)).rejects.toThrow(TooManyWaiting)
    const other = get('b', 0)
    await until(() => asked.includes('b.example'))
    expect(asked.filter((name) => name === 'a.example')).toHaveLength(4)
    release(new Error('there is no such name'))
    await Promise.allSettled([...many, other])
  })
})
