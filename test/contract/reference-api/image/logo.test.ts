import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createLogoFetcher, type LogoNetwork } from '../../../../reference-api/image/fetch-logo.ts'
import { createPainters } from '../../../../reference-api/image/painters.ts'
import { prepareLogo } from '../../../../reference-api/image/prepare-logo.ts'
import { isPublicAddress } from '../../../../reference-api/image/public-address.ts'
import { maxValidScans, progressiveJpeg } from '../../../support/reference-api/jpeg-bomb.ts'
import { redSquare, startLogoServer, type LogoServer } from '../../../support/reference-api/logo-server.ts'

const mebibyte = 1024 * 1024
const redRectangle =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="red"/></svg>'
const file = Buffer.from('what is asked for')

let server: LogoServer
let fetchLogo: (address: string) => Promise<Buffer | null>
/** True once a redirect was answered: from then on, every name resolves to a forbidden address. */
let isRebound = false

beforeAll(async () => {
  server = await startLogoServer({
    '/file': (response) => response.end(file),
    '/1': (response) => response.writeHead(301, { location: '/file' }).end(),
    '/2': (response) => response.writeHead(302, { location: `${server.url}/1` }).end(),
    '/3': (response) => response.writeHead(307, { location: '2' }).end('moved'),
    '/4': (response) => response.writeHead(308, { location: '/3' }).end(),
    '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
    '/other': (response) =>
      response.writeHead(303, { location: `https://other.test:${server.port}/file` }).end(),
    '/plain': (response) => response.writeHead(302, { location: 'http://logo.test/file' }).end(),
    '/known': (response) =>
      response.writeHead(302, { location: `https://u:p@logo.test:${server.port}/file` }).end(),
    '/nowhere': (response) => response.writeHead(302).end(),
    '/rebound': (response) => {
      isRebound = true
      response
        .writeHead(302, { location: `https://other.test:${server.port}/file`, connection: 'close' })
        .end()
    },
    '/private': (response) =>
      response.writeHead(302, { location: `https://127.0.0.2:${server.port}/file` }).end(),
    '/whole': (response) => response.end(Buffer.alloc(mebibyte)),
    '/large': (response) => response.end(Buffer.alloc(mebibyte + 1)),
    '/endless': (response) => {
      const write = () => {
        while (response.writable && response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', write)
      write()
    },
    '/late': (response) => {
      void setTimeout(2_000).then(() =>
        response.writeHead(302, { location: `https://other.test:${server.port}/file` }).end(),
      )
    },
    '/error': (response) => response.writeHead(500).end(file),
    '/empty': (response) => response.writeHead(204).end(),
    '/silent': () => undefined,
    '/drip': (response) => {
      const timer = setInterval(() => response.write('.'), 100)
      response.on('close', () => {
        clearInterval(timer)
      })
    },
    '/broken': (response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half', () => response.destroy())
    },
  })
  fetchLogo = createLogoFetcher(server.network)
})
afterAll(() => server.close())
beforeEach(() => {
  isRebound = false
})

/** The running processes that decode and draw. */
function painterPids(): string[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return children.filter((pid) => {
    try {
      // Empty as soon as the process has ended.
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('painter-process')
    } catch {
      return false
    }
  })
}

test('a file is fetched by name and by allowed address', async () => {
  expect(await fetchLogo(`${server.url}/file`)).toEqual(file)
  expect(await fetchLogo(`https://127.0.0.1:${server.port}/file`)).toEqual(file)
})

describe('redirects', () => {
  test.each(['/1', '/2', '/3', '/other'])('%s: up to three are followed', async (path) => {
    expect(await fetchLogo(server.url + path)).toEqual(file)
  })

  test.each(['/4', '/round', '/plain', '/known', '/nowhere', '/private'])(
    '%s is not followed',
    async (path) => {
      expect(await fetchLogo(server.url + path)).toBeNull()
    },
  )
})

describe('a logo that cannot be fetched is null', () => {
  test.each(['/missing', '/error', '/empty', '/broken'])('%s', async (path) => {
    expect(await fetchLogo(server.url + path)).toBeNull()
  })

  test.each([
    'http://logo.test/file',
    'https://user@logo.test/file',
    'https://:secret@logo.test/file',
    'ftp://logo.test/file',
    'file:///etc/hostname',
    'data:image/png;base64,AAAA',
    'nonsense',
  ])('%s', async (address) => {
    expect(await fetchLogo(address)).toBeNull()
  })

  test('a server whose certificate no authority signed', async () => {
    const { isAllowed, resolve } = server.network
    expect(await createLogoFetcher({ isAllowed, resolve })(`${server.url}/file`)).toBeNull()
  })

  test('a host name that does not exist', async () => {
    const resolve = () => Promise.reject(new Error('ENOTFOUND'))
    expect(await createLogoFetcher({ ...server.network, resolve })(`${server.url}/file`)).toBeNull()
    const nothing = createLogoFetcher({ ...server.network, resolve: () => Promise.resolve([]) })
    expect(await nothing(`${server.url}/file`)).toBeNull()
  })
})

test('a logo has at most one mebibyte', async () => {
  expect((await fetchLogo(`${server.url}/whole`))?.length).toBe(mebibyte)
  expect(await fetchLogo(`${server.url}/large`)).toBeNull()
  expect(await fetchLogo(`${server.url}/endless`)).toBeNull()
})

test('a fetch ends after three seconds, for a silent server, a slow one, and slow name lookups', async () => {
  const slowName = (isSlow: (name: string) => boolean) =>
    createLogoFetcher({
      ...server.network,
      resolve: async (name) => {
        if (isSlow(name)) await setTimeout(60_000, undefined, { ref: false })
        return server.network.resolve(name)
      },
    })
  const start = performance.now()
  const all = Promise.all([
    fetchLogo(`${server.url}/silent`),
    fetchLogo(`${server.url}/drip`),
    slowName(() => true)(`${server.url}/file`),
    slowName((name) => name === 'other.test')(`${server.url}/late`),
  ])
  // Compared with a timer of the same process, which is late if the machine is busy.
  expect(await Promise.race([all, setTimeout(4_500, 'too late')])).toEqual([null, null, null, null])
  expect(performance.now() - start).toBeGreaterThan(2_900)
})

describe('the production rule', () => {
  const strict: Partial<LogoNetwork> = { isAllowed: isPublicAddress }

  test.each([
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://0.0.0.0',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://localhost',
  ])('never connects to %s', async (origin) => {
    const before = server.connections()
    expect(await createLogoFetcher()(`${origin}:${server.port}/file`)).toBeNull()
    expect(server.connections()).toBe(before)
  })

  test.each([
    ['this machine', ['127.0.0.1']],
    ['a public address and this machine', ['93.184.215.14', '127.0.0.1']],
    ['this machine in six', ['::ffff:127.0.0.1']],
  ])('never connects to a name that resolves to %s', async (_, addresses) => {
    const before = server.connections()
    const resolve = () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
    expect(
      await createLogoFetcher({ ...server.network, ...strict, resolve })(`${server.url}/file`),
    ).toBeNull()
    expect(server.connections()).toBe(before)
  })

  test('resolves a name once per connection, so that it cannot change to another address', async () => {
    let asked = 0
    const resolve = () => Promise.resolve([{ address: ++asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }])
    const before = server.connections()
    expect(
      await createLogoFetcher({ ...server.network, ...strict, resolve })(`${server.url}/file`),
    ).toBeNull()
    expect([asked, server.connections()]).toEqual([1, before])
  })

  test('checks a redirect like any other address', async () => {
    const isAllowed = (address: string) => address === '127.0.0.1' && !isRebound
    const before = server.connections()
    expect(await createLogoFetcher({ ...server.network, isAllowed })(`${server.url}/rebound`)).toBeNull()
    expect(server.connections()).toBe(before + 1)
  })
})

describe('an image file', () => {
  test.each(['png', 'jpeg', 'gif', 'webp'] as const)('may be %s', async (kind) => {
    const logo = await prepareLogo(await redSquare(kind))
    const { format, width } = await sharp(logo ?? undefined).metadata()
    expect([format, width]).toEqual(['png', 64])
  })

  test('is scaled down, and keeps its proportions', async () => {
    const large = await sharp({ create: { width: 3_000, height: 1_000, channels: 3, background: '#00F' } })
      .png()
      .toBuffer()
    const { width, height } = await sharp((await prepareLogo(large)) ?? undefined).metadata()
    expect([width, height]).toEqual([512, 171])
  })

  test('may be a progressive JPEG, but not one with so many scans that it takes seconds to decode', async () => {
    const usual = await sharp(await redSquare('png'))
      .jpeg({ progressive: true })
      .toBuffer()
    expect(await prepareLogo(usual)).not.toBeNull()
    const bomb = progressiveJpeg({ scans: maxValidScans })
    expect(bomb.length).toBeLessThan(40_000)
    const started = performance.now()
    expect(await prepareLogo(bomb)).toBeNull()
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('that takes too long is abandoned with the process that decodes it, and the next one is drawn', async () => {
    const painters = createPainters({ prepareMs: 20 })
    onTestFinished(() => {
      painters.close()
    })
    const before = painterPids()
    expect(await painters.prepareLogo(progressiveJpeg({ scans: 35 }))).toBeNull()
    await expect.poll(painterPids, { timeout: 10_000 }).toEqual(before)
    const drawing = { svg: redRectangle, logo: { x: 0, y: 0, width: 8, height: 8 } }
    const png = await painters.renderPng(drawing, await redSquare('png', 8))
    expect((await sharp(png).metadata()).width).toBe(16)
  })

  test('is decoded in a process that does not get the environment of the server', async () => {
    const painters = createPainters()
    onTestFinished(() => {
      painters.close()
    })
    expect(await painters.prepareLogo(await redSquare('png'))).not.toBeNull()
    const environments = painterPids().map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
    expect(environments.length).toBeGreaterThan(0)
    for (const environment of environments) expect(environment).not.toMatch(/HOME=|PATH=/)
  })

  test('is refused if it is SVG, text, a truncated image, or one that would fill the memory', async () => {
    const bomb = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9 })
      .toBuffer()
    expect(bomb.length).toBeLessThan(mebibyte)
    const tiff = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } })
      .tiff()
      .toBuffer()
    for (const each of [
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
      ),
      Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      Buffer.from('<!doctype html>'),
      Buffer.alloc(0),
      (await redSquare('png')).subarray(0, 60),
      Buffer.concat([(await redSquare('png')).subarray(0, 8), Buffer.alloc(1_000, 7)]),
      bomb,
      tiff,
    ]) {
      expect(await prepareLogo(each)).toBeNull()
    }
  })
})
