/**
 * Gives a reference API in this process codes whose logos are made to cost time or memory, requests their images, and prints
 * the results as JSON. It makes other calls meanwhile. Exits with 1 if an image is not answered with a documented
 * status within ten seconds, if another call takes longer than a second, or if the server does not work
 * afterwards.
 *
 * node test/fuzz/logos.ts [BOMBS] [SEED]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import { randomFrom } from '../support/random-from.ts'
import { maxValidScans, progressiveJpeg } from '../support/reference-api/jpeg-bomb.ts'
import { redSquare, startLogoServer } from '../support/reference-api/logo-server.ts'
import { callApi, listQrCodes, startReferenceApi } from '../support/reference-api/reference-api.ts'

const [bombs = 100, seed = 1] = process.argv.slice(2).map(Number)
const longestImageMs = 10_000
const longestCallMs = 1_000
const random = randomFrom(seed)
const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))

const squares = {
  png: await redSquare('png'),
  jpeg: await redSquare('jpeg'),
  gif: await redSquare('gif'),
  webp: await redSquare('webp'),
}

/** A PNG whose header promises one size, and whose data unpacks to another. */
function png(widthPx: number, heightPx: number, unpackedBytes: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(widthPx, 0)
  header.writeUInt32BE(heightPx, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(unpackedBytes), { level: 9 })),
    chunk('IEND'),
  ]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks])
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function mutated(file: Buffer): Buffer {
  const copy = Buffer.from(file)
  for (let times = between(1, 40); times > 0; times--) copy[between(0, copy.length - 1)] = between(0, 255)
  return copy
}

const kinds: Record<string, () => Buffer> = {
  'progressive JPEG': () => progressiveJpeg({ scans: between(35, maxValidScans) }),
  'progressive JPEG, few scans': () => progressiveJpeg({ scans: between(1, 34) }),
  'PNG of many pixels': () =>
    png(between(10_000, 60_000), between(10_000, 60_000), between(1, 100) * 2 ** 20),
  'PNG whose data is longer than its size': () => png(64, 64, between(50, 500) * 2 ** 20),
  'mutated image': () => mutated(Object.values(squares)[between(0, 3)] ?? squares.png),
  'GIF of many pixels': () => {
    const copy = Buffer.from(squares.gif)
    copy.writeUInt16LE(65_535, 6)
    copy.writeUInt16LE(65_535, 8)
    return copy
  },
  'packed SVG with entities': () =>
    gzipSync(
      `<!DOCTYPE a [<!ENTITY a "${'a'.repeat(100)}">]><svg xmlns="http://www.w3.org/2000/svg">${'&a;'.repeat(10_000)}</svg>`,
    ),
  'random bytes': () => Buffer.from(Array.from({ length: between(0, 4_000) }, () => between(0, 255))),
}

const files = Array.from({ length: bombs }, (_, index) => {
  const kind = Object.keys(kinds)[index % Object.keys(kinds).length] ?? ''
  return { kind, path: `/${index}`, bytes: kinds[kind]?.() ?? Buffer.alloc(0) }
})
const server = await startLogoServer(
  Object.fromEntries(files.map(({ path, bytes }) => [path, (response) => response.end(bytes)])),
)
const errors: string[] = []
const api = await startReferenceApi({
  codes: bombs,
  scans: 0,
  logoNetwork: server.network,
  onUnexpectedError: (error) => errors.push(String(error)),
})
await api.setLimits({ per_minute: 1e9, per_month: 1e9 })
const codes = await listQrCodes(api)

const problems: string[] = []
const answers: Record<string, Record<string, number>> = {}
let slowestImageMs = 0
const callsMs: number[] = []
let isOver = false

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const startedMs = performance.now()
  return [await work(), performance.now() - startedMs]
}

async function callMeanwhile(): Promise<void> {
  while (!isOver) {
    const [, ms] = await timed(() => callApi(api, '/me'))
    callsMs.push(ms)
    await sleep(20)
  }
}

async function draw({ kind, path }: (typeof files)[number], id: string): Promise<void> {
  const render_customizations = { logo_url: `${server.url}${path}` }
  const change = await callApi(api, `/qr-codes/${id}`, { method: 'PATCH', json: { render_customizations } })
  if (change.status !== 200) problems.push(`${kind}: the logo is refused with ${change.status}`)
  const [{ status }, ms] = await timed(async () => {
    const response = await fetch(`${api.url}/api/v1/qr-codes/${id}/image`, {
      headers: { authorization: `Bearer ${api.key}` },
    })
    await response.arrayBuffer()
    return response
  })
  slowestImageMs = Math.max(slowestImageMs, ms)
  const ofKind = (answers[kind] ??= {})
  ofKind[status] = (ofKind[status] ?? 0) + 1
  if (status >= 500 && status !== 503) problems.push(`${kind}: ${status}`)
  if (ms > longestImageMs) problems.push(`${kind}: an image took ${Math.round(ms)} ms`)
}

const startedMs = performance.now()
const meanwhile = callMeanwhile()
const waiting = files.map((file, index) => ({ file, id: codes[index % codes.length]?.id ?? '' }))
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await draw(next.file, next.id)
  }),
)
isOver = true
await meanwhile
const { status } = await callApi(api, '/me')
if (status !== 200) problems.push(`afterwards, GET /me answers ${status}`)
problems.push(...errors)
const slowestCallMs = Math.max(...callsMs)
if (slowestCallMs > longestCallMs) problems.push(`a call took ${Math.round(slowestCallMs)} ms meanwhile`)
await api.close().catch((error: unknown) => problems.push(String(error)))
await server.close()

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
console.log(
  JSON.stringify({
    bombs,
    seed,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    problems: problems.length,
    slowestImageMs: Math.round(slowestImageMs),
    callsMeanwhile: callsMs.length,
    slowestCallMs: Math.round(slowestCallMs),
    answers,
  }),
)
