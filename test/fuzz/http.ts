/**
 * Sends mutated HTTP requests, byte by byte, to a reference API in this process, and prints the results as JSON. Exits with
 * 1 if one gets a 5xx, no end within ten seconds, or an answer that openapi.yaml does not describe, or if the server does not
 * work afterwards.
 *
 * node test/fuzz/http.ts [REQUESTS] [SEED]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom } from '../support/random-from.ts'
import { connectTo } from '../support/reference-api/raw-http.ts'
import { listQrCodes, startReferenceApi } from '../support/reference-api/reference-api.ts'

const [requests = 2_000, seed = 1] = process.argv.slice(2).map(Number)
const longestMs = 10_000
/** A server waits for the rest of a request that is not whole; then the client ends it. */
const endsAfterMs = 300
const atOnce = 8

const random = randomFrom(seed)
const below = (limit: number) => Math.floor(random() * limit)
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T

const oddBytes = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\x7f',
  '\xff',
  '\x1b[2J',
  ':',
  ' ',
  '\t',
  '%',
  '%00',
  '../',
  '\u2028',
]
const oddHeaders = [
  'Host: elsewhere.example',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 0x10',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding : chunked',
  'Expect: 100-continue',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings',
  'Range: bytes=0-,0-,0-',
  'If-None-Match: ' + '"a",'.repeat(500),
  'Authorization: Bearer ',
  'Authorization: Basic Og==',
  `X-Large: ${'a'.repeat(20_000)}`,
  ' folded: header',
  'Content-Type: application/json; charset=utf-7',
  'X-Forwarded-For: 127.0.0.1, ::1, \0',
  'User-Agent: \x80\x81',
]

/** Each changes one thing of a request. */
const mutations: ((text: string) => string)[] = [
  (text) => insert(text, oneOf(oddBytes)),
  (text) => insert(text, String.fromCharCode(below(256))),
  (text) => replace(text, String.fromCharCode(below(256))),
  (text) => text.slice(0, below(text.length)),
  (text) => text.slice(below(text.length)),
  (text) => text.replace('\r\n', `\r\n${oneOf(oddHeaders)}\r\n`),
  (text) => text.replaceAll('\r\n', '\n'),
  (text) => text.replace(/HTTP\/1\.1/, oneOf(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', ''])),
  (text) =>
    text.replace(/^\w+/, oneOf(['get', 'PUT', 'CONNECT', 'TRACE', 'PROPFIND', 'A'.repeat(5_000), ''])),
  (text) =>
    text.replace(
      /(?<=^\w+ )\S*/,
      oneOf(['*', '//', 'http://[::1', `/${'a/'.repeat(9_000)}`, '/api/v1/%E0%A4%A']),
    ),
  (text) => text.replace(/(?<=Content-Length: )\d+/, String(below(200))),
  (text) =>
    text.replace(/"[^"]*"/, oneOf(['"\\ud800"', '1e999', '[[[['.repeat(2_000), '{"__proto__":{}}', 'null'])),
  (text) => text + text,
]

const insert = (text: string, added: string) => {
  const at = below(text.length)
  return text.slice(0, at) + added + text.slice(at)
}
const replace = (text: string, byte: string) => {
  const at = below(text.length)
  return text.slice(0, at) + byte + text.slice(at + 1)
}

const errors: string[] = []
const api = await startReferenceApi({
  codes: 20,
  scans: 500,
  logoNetwork: { resolve: () => Promise.resolve([]) },
  onUnexpectedError: (error) => errors.push(String(error)),
})
await api.setLimits({ per_minute: 1e9, per_month: 1e9 })
const codes = await listQrCodes(api)
const templates = codes
  .slice(0, 5)
  .flatMap(({ id, short_url }) => templatesFor(id, new URL(short_url).pathname))

function templatesFor(id: string, shortPath: string): string[] {
  const head = `Host: ${new URL(api.url).host}\r\nAuthorization: Bearer ${api.key}\r\n`
  const withBody = (line: string, body: object) => {
    const text = JSON.stringify(body)
    return `${line} HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  }
  const paths = [
    '/me',
    '/qr-codes?per_page=5&page=2',
    `/qr-codes/${id}/scans?order=asc`,
    `/qr-codes/${id}/image?size=64`,
  ]
  return [
    ...paths.map((path) => `GET /api/v1${path} HTTP/1.1\r\n${head}\r\n`),
    `GET ${shortPath} HTTP/1.1\r\n${head}User-Agent: Mozilla/5.0\r\n\r\n`,
    withBody(`PATCH /api/v1/qr-codes/${id}`, { name: 'Menu', destination_url: 'https://example.com/' }),
    withBody('POST /api/v1/qr-codes', { name: 'Menu', destination_url: 'https://example.com/' }),
  ]
}

const answers: Record<string, number> = {}
const problems: string[] = []
let slowestMs = 0

async function send(text: string): Promise<void> {
  const startedMs = performance.now()
  const socket = await connectTo(api.url)
  let received = ''
  const ended = new Promise<void>((resolve) => {
    socket.on('close', resolve).on('error', () => undefined)
  })
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk))
  socket.write(text, 'latin1')
  // Not at once: a server does not answer a client that hangs up early.
  const timer = setTimeout(() => socket.end(), endsAfterMs)
  const isOver = await Promise.race([ended.then(() => true), sleep(longestMs, false)])
  clearTimeout(timer)
  socket.destroy()
  slowestMs = Math.max(slowestMs, performance.now() - startedMs - endsAfterMs)
  const statuses = [...received.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status = '']) => status)
  for (const status of statuses.length === 0 ? ['none'] : statuses) {
    answers[status] = (answers[status] ?? 0) + 1
  }
  if (!isOver) problems.push(`no end within ${longestMs} ms: ${JSON.stringify(text.slice(0, 300))}`)
  if (statuses.some((status) => status.startsWith('5') && status !== '501')) {
    problems.push(`${statuses.join(', ')}: ${JSON.stringify(text.slice(0, 300))}`)
  }
}

const startedMs = performance.now()
const texts = Array.from({ length: requests }, () => {
  const times = 1 + below(3)
  return Array.from({ length: times }, () => oneOf(mutations)).reduce(
    (text, mutate) => mutate(text),
    oneOf(templates),
  )
})
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) await send(text)
  }),
)
const { status } = await fetch(`${api.url}/api/v1/me`, { headers: { authorization: `Bearer ${api.key}` } })
if (status !== 200) problems.push(`afterwards, GET /me answers ${status}`)
problems.push(...errors)
await api.close().catch((error: unknown) => problems.push(String(error)))

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
const seconds = Math.round((performance.now() - startedMs) / 1_000)
console.log(
  JSON.stringify({
    requests,
    seed,
    seconds,
    problems: problems.length,
    slowestMs: Math.round(slowestMs),
    answers,
  }),
)
