import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLogoServer, type LogoServer } from '../../../support/reference-api/logo-server.ts'
import { readPng, readQrCode, type Pixels } from '../../../support/reference-api/read-qr-code.ts'
import {
  anyQrCode,
  callApi,
  startReferenceApi,
  type InProcessReferenceApi,
  type ListedQrCode,
} from '../../../support/reference-api/reference-api.ts'

const shapes = ['square', 'rounded', 'dots']
const frames = ['none', 'scan-me-bottom', 'scan-me-top']

/** Logos that make decoding as hard as possible: dark, light, torn, transparent, wide, high. */
const logos = {
  '/black.png': logoOf(200, 200, () => [0, 0, 0, 255]),
  '/white.png': logoOf(200, 200, () => [255, 255, 255, 255]),
  '/chess.png': logoOf(64, 64, (x, y) =>
    ((x >> 2) + (y >> 2)) % 2 === 0 ? [0, 0, 0, 255] : [255, 255, 255, 255],
  ),
  '/noise.png': logoOf(128, 128, (x, y) => [(x * 97 + y * 31) % 256, (x * y) % 256, (x ^ y) % 256, 255]),
  '/clear.png': logoOf(64, 64, () => [0, 0, 0, 0]),
  '/wide.png': logoOf(400, 20, () => [200, 0, 0, 255]),
  '/high.png': logoOf(20, 400, () => [0, 0, 200, 255]),
}

function logoOf(width: number, height: number, color: (x: number, y: number) => number[]): Promise<Buffer> {
  const pixels = Array.from({ length: width * height }, (_, at) => color(at % width, Math.floor(at / width)))
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer()
}

let api: InProcessReferenceApi
let code: ListedQrCode
let server: LogoServer

beforeAll(async () => {
  const files = await Promise.all(
    Object.entries(logos).map(async ([path, file]) => [path, await file] as const),
  )
  server = await startLogoServer(
    Object.fromEntries(files.map(([path, file]) => [path, (response) => response.end(file)])),
  )
  api = await startReferenceApi({
    codes: 1,
    scans: 0,
    publicUrl: 'https://qrcodestack.com',
    logoNetwork: server.network,
  })
  await api.setLimits({ per_minute: 1e6, per_month: 1e6 })
  code = await anyQrCode(api)
})
afterAll(async () => {
  await api.close()
  await server.close()
})

async function getPixels(
  from: InProcessReferenceApi,
  id: string,
  sizePx: number,
  blurPx = 0,
): Promise<Pixels> {
  const response = await fetch(`${from.url}/api/v1/qr-codes/${id}/image?size=${sizePx}`, {
    headers: { authorization: `Bearer ${from.key}` },
  })
  expect(response.status).toBe(200)
  return readPng(Buffer.from(await response.arrayBuffer()), { blurPx })
}

const design = (render_customizations: object) =>
  callApi(api, `/qr-codes/${code.id}`, { method: 'PATCH', json: { render_customizations } })

const channel = (min: number, max: number) => fc.integer({ min, max })
const color = (min: number, max: number) =>
  fc
    .tuple(channel(min, max), channel(min, max), channel(min, max))
    .map((channels) => `#${Buffer.from(channels).toString('hex')}`)

test('two decoders read the short URL from every image that the API makes', async () => {
  const wish = fc.record({
    dot_color: fc.oneof({ weight: 3, arbitrary: color(0, 110) }, { weight: 1, arbitrary: color(0, 255) }),
    background: fc.oneof({ weight: 3, arbitrary: color(170, 255) }, { weight: 1, arbitrary: color(0, 255) }),
    dot_shape: fc.constantFrom(...shapes),
    frame: fc.constantFrom(...frames),
    logo_url: fc.constantFrom(null, ...Object.keys(logos).map((path) => server.url + path)),
  })
  const size = fc.oneof(channel(128, 256), channel(128, 800), fc.constantFrom(128, 512))
  let made = 0
  await fc.assert(
    fc.asyncProperty(wish, size, async (customizations, sizePx) => {
      const { status, body } = await design(customizations)
      if (status === 422) {
        expect(Object.keys(body.fields)).toEqual(['render_customizations.dot_color'])
        return
      }
      made++
      const read = await readQrCode(await getPixels(api, code.id, sizePx))
      expect(read).toEqual({ jsqr: code.short_url, zxing: code.short_url })
    }),
    { numRuns: 60 },
  )
  expect(made).toBeGreaterThan(24)
}, 300_000)

describe.each(['square', 'rounded', 'dots'])('%s', (dot_shape) => {
  test('is readable at the smallest size, with logo and every frame, even with long short URLs', async () => {
    const far = await startReferenceApi({
      codes: 1,
      scans: 0,
      publicUrl: `https://${'sub.'.repeat(12)}example.com/codes`,
      logoNetwork: server.network,
    })
    const { id, short_url } = await anyQrCode(far)
    for (const frame of frames) {
      for (const logo_url of [null, `${server.url}/noise.png`]) {
        const render_customizations = { dot_shape, frame, logo_url, dot_color: '#000000' }
        await callApi(far, `/qr-codes/${id}`, { method: 'PATCH', json: { render_customizations } })
        expect(await readQrCode(await getPixels(far, id, 128))).toEqual({ jsqr: short_url, zxing: short_url })
      }
    }
    await far.close()
  })

  test('is readable at the largest size, with a logo, which covers a part of the code', async () => {
    const logo_url = `${server.url}/chess.png`
    await design({ dot_shape, logo_url, frame: 'none', dot_color: '#1D4ED8', background: '#FFFFFF' })
    const read = await readQrCode(await getPixels(api, code.id, 2048))
    expect(read).toEqual({ jsqr: code.short_url, zxing: code.short_url })
  })
})

describe('colours', () => {
  test.each([
    ['#000000', '#FFFFFF'],
    ['#0F172A', '#FEF3C7'],
    ['#B91C1C', '#FFFFFF'],
    ['#16A34A', '#FFFFFF'],
    ['#777777', '#FFFFFF'],
    ['#000000', '#FF6666'],
    ['#000000', '#7F7F7F'],
  ])(
    '%s on %s is accepted, and readable for a scanner that is out of focus',
    async (dot_color, background) => {
      const made = await design({
        dot_color,
        background,
        dot_shape: 'rounded',
        frame: 'none',
        logo_url: null,
      })
      expect(made.status).toBe(200)
      const pixels = await getPixels(api, code.id, 512, 3)
      expect(await readQrCode(pixels)).toEqual({ jsqr: code.short_url, zxing: code.short_url })
    },
  )

  test.each([
    ['yellow on white', '#FACC15', '#FFFFFF', /: by 40 % of full brightness at least, and it is by 2\d %$/],
    ['orange on white', '#FF8800', '#FFFFFF', /and it is by 3\d %$/],
    ['a light teal on a lighter one', '#008280', '#AAD6D1', /dots may be 50 % as bright, and are 51 %$/],
    ['as bright as the ground', '#808080', '#808080', /by 0 %$/],
    ['red on black-green', '#FF0000', '#003300', /no light dots on a dark ground$/],
    ['green and red, a contrast of 3.7 : 1', '#FF0000', '#00FF00', /./],
    ['white on black', '#FFFFFF', '#000000', /no light dots on a dark ground$/],
  ])('%s is refused', async (_, dot_color, background, message) => {
    for (const answer of [
      await design({ dot_color, background }),
      await callApi(api, '/qr-codes', {
        method: 'POST',
        json: {
          name: 'x',
          type: 'url',
          destination_url: 'https://example.com',
          render_customizations: { dot_color, background },
        },
      }),
    ]) {
      expect(answer.status).toBe(422)
      expect(answer.body.fields).toEqual({
        'render_customizations.dot_color': [expect.stringMatching(message)],
      })
    }
  })

  test('a change of one colour is compared with the other colour of the code, and the error names the changed field', async () => {
    await design({ dot_color: '#555555', background: '#FFFFFF' })
    const { status, body } = await design({ background: '#666666' })
    expect([status, Object.keys(body.fields)]).toEqual([422, ['render_customizations.background']])
    expect(body.fields['render_customizations.background']?.[0]).toMatch(/^must be lighter than dot_color/)
    expect((await design({ dot_color: '#EEEEEE' })).status).toBe(422)
    expect((await design({ dot_color: '#111111' })).status).toBe(200)
    expect((await design({ background: '#888888' })).status).toBe(200)
  })

  test('of too little contrast are reported together with every other mistake', async () => {
    const render_customizations = { dot_color: '#FFFF00', dot_shape: 'stars' }
    const json = { name: '', type: 'url', destination_url: 'https://example.com', render_customizations }
    const { body } = await callApi(api, '/qr-codes', { method: 'POST', json })
    expect(Object.keys(body.fields).toSorted()).toEqual([
      'name',
      'render_customizations.dot_color',
      'render_customizations.dot_shape',
    ])
  })
})
