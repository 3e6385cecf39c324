import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFaults, type FaultRates } from '../../../reference-api/http/faults.ts'
import type { QrCodeRow } from '../../../reference-api/store/qr-codes.ts'
import {
  startReferenceApi,
  type InProcessReferenceApi,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'
import {
  exampleFile,
  exampleNames,
  languages,
  runExample,
  type ExampleName,
  type ExampleRun,
} from '../../support/reference-api/run-example.ts'

const now = Date.UTC(2026, 2, 14, 9, 26)
const destination = 'https://example.com/summer?a=1&b=%22'
const name = 'Spring "menu" \\ für Gäste & Freunde'

const apis: InProcessReferenceApi[] = []
let api: InProcessReferenceApi
async function start(options: StartOptions = {}): Promise<InProcessReferenceApi> {
  const started = await startReferenceApi({ codes: 3, scans: 300, now: () => now, ...options })
  apis.push(started)
  return started
}
beforeEach(async () => {
  api = await start()
})
afterEach(async () => {
  for (const each of apis.splice(0)) await each.close()
})

function codesOf({ store, accountId }: InProcessReferenceApi): QrCodeRow[] {
  const filter = { accountId, includeDeleted: false, text: null, updatedSince: null }
  return store.qrCodes.list(filter, 'created_at', 1_000, 0)
}

function firstCode(of: InProcessReferenceApi): QrCodeRow {
  const [code] = codesOf(of)
  if (code === undefined) throw new Error('the account has no QR code')
  return code
}

/** Each example with the arguments that it needs to succeed. */
function usual(example: ExampleName, of: InProcessReferenceApi): ExampleRun {
  const { id } = firstCode(of)
  const given: Record<ExampleName, ExampleRun> = {
    me: {},
    'create-qr': { args: [name, destination] },
    'list-qrs': {},
    'update-qr': { args: [id, destination] },
    analytics: { args: [id] },
    bulk: { stdin: `Crate 1\thttps://example.com/crates/1\n${name}\t${destination}\n` },
  }
  return { key: of.key, url: of.url, ...given[example] }
}

function keyless(example: ExampleName): ExampleRun {
  const { args = [], stdin = '' } = usual(example, api)
  return { url: api.url, args, stdin }
}

const runAll = <T>(run: (example: ExampleName) => Promise<T>) => Promise.all(exampleNames.map(run))

describe.each(languages)('examples in %s', (language) => {
  const run = (example: ExampleName, more: ExampleRun = {}) =>
    runExample(language, example, { ...usual(example, api), ...more })

  async function succeed(example: ExampleName, more: ExampleRun = {}): Promise<string> {
    const { code, stdout, stderr } = await run(example, more)
    expect([code, stderr]).toEqual([0, ''])
    return stdout
  }

  test('me shows the account and its usage', async () => {
    const shown = await succeed('me')
    for (const part of ['demo@example.com', 'advanced', '250', '100000']) expect(shown).toContain(part)
  })

  test('create-qr creates a code, and shows its id and its short URL', async () => {
    const shown = await succeed('create-qr')
    const created = codesOf(api).find((code) => code.name === name)
    expect(created?.destination_url).toBe(destination)
    expect(JSON.parse(created?.render_customizations ?? '')).toMatchObject({ dot_shape: 'rounded' })
    expect(shown).toContain(created?.id)
    expect(shown).toContain(`${api.url}/r/${created?.slug}`)
  })

  test('list-qrs reads every page, and lists every code once', async () => {
    const large = await start({ codes: 250 })
    const shown = await succeed('list-qrs', { key: large.key, url: large.url })
    const ids = codesOf(large).map(({ id }) => id)
    expect(shown.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)).toEqual(ids)
    expect((await large.audit()).by_endpoint).toEqual({ 'GET /qr-codes': 3 })
  })

  test('update-qr changes the destination of a code, and nothing else', async () => {
    const before = firstCode(api)
    await succeed('update-qr')
    const { updated_at, ...after } = firstCode(api)
    expect({ ...after, updated_at: before.updated_at }).toEqual({ ...before, destination_url: destination })
    expect(updated_at).toBeGreaterThan(before.updated_at)
  })

  test('analytics shows the sums of the requested days', async () => {
    const { id, number } = firstCode(api)
    const { scans } = api.store.sums.between(number, Date.UTC(2026, 1, 13), now)
    expect(scans).toBeGreaterThan(0)
    expect(await succeed('analytics')).toMatch(new RegExp(`\\b${scans}\\b`))
    const shown = await succeed('analytics', { args: [id, '2020-01-01', '2020-01-02'] })
    expect(shown.match(/2020-01-0\d/g)).toContain('2020-01-02')
    expect(shown).not.toContain('2020-01-03')
  })

  test('bulk creates all given codes in one call', async () => {
    const before = new Set(codesOf(api).map(({ id }) => id))
    const shown = await succeed('bulk')
    const created = codesOf(api).filter(({ id }) => !before.has(id))
    expect(new Map(created.map((code) => [code.name, code.destination_url]))).toEqual(
      new Map([
        ['Crate 1', 'https://example.com/crates/1'],
        [name, destination],
      ]),
    )
    for (const { id } of created) expect(shown).toContain(id)
    expect((await api.audit()).by_endpoint).toEqual({ 'POST /qr-codes/bulk': 1 })
  })

  test('without a key, each says how to set one', async () => {
    for (const { code, stdout, stderr } of await runAll((example) =>
      runExample(language, example, keyless(example)),
    )) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('export QRCS_API_KEY=qrs_your_key_here')
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })

  test('with a wrong key, each shows the error and its code', async () => {
    for (const { code, stdout, stderr } of await runAll((example) => run(example, { key: 'qrs_wrong' }))) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('Missing or invalid API key.')
      expect(stderr).toContain('UNAUTHORIZED')
    }
  })

  test('if a call is rate limited, each waits as long as the API says, and then succeeds', async () => {
    await runAll(async (example) => {
      const limited = await start({ faults: onlyTheFirst429 })
      const startedAt = Date.now()
      const { code, stdout } = await run(example, usual(example, limited))
      expect(code).toBe(0)
      expect(stdout).not.toBe('')
      // The injected Retry-After is a second.
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000)
      expect(await limited.audit()).toMatchObject({ accepted: 1, faults: { 429: 1 } })
    })
  })

  test('does not wait for the next month', async () => {
    await api.spendCalls(100_000)
    const { code, stderr } = await run('me')
    expect(code).toBe(1)
    expect(stderr).toContain('RATE_LIMITED_MONTH')
    expect((await api.audit()).refused).toEqual({ minute: 0, month: 1 })
  })

  test.each([
    ['create-qr', { args: ['', destination] }, null],
    ['create-qr', { args: [' ', destination] }, 'name'],
    ['update-qr', { args: ['0', 'ftp://example.com'] }, 'destination_url'],
    ['analytics', { args: ['0', '2026-03-02', '2026-03-01'] }, 'to'],
    ['bulk', { stdin: `Crate 1\t${destination}\nCrate 2\tnowhere\n` }, 'qr_codes[1].destination_url'],
    ['bulk', { stdin: '' }, 'qr_codes'],
  ] as const)('%s shows which field is wrong: %j', async (example, given, field) => {
    const before = codesOf(api)
    const { code, stdout, stderr } = await run(example, {
      ...given,
      args: [...('args' in given ? given.args : [])],
    })
    expect([code, stdout]).toEqual([1, ''])
    if (field !== null) {
      for (const part of ['VALIDATION_FAILED', field, 'must ']) expect(stderr).toContain(part)
    }
    expect(codesOf(api)).toEqual(before)
  })
})

/** Faults that start with one 429, followed by some calls without a fault. */
const onlyTheFirst429 = ((): { rates: FaultRates; seed: number } => {
  const rates = { 429: 0.3 }
  const seed = Array.from({ length: 1_000 }, (_, index) => index).find((index) => {
    const draw = createFaults(rates, index)
    return Array.from({ length: 5 }, draw).join() === '429,,,,'
  })
  if (seed === undefined) throw new Error('no such seed')
  return { rates, seed }
})()

test('README links every example, and every link leads to an example', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const links = [...readme.matchAll(/\]\((examples\/[^)]+)\)/g)].map(([, link]) => link ?? '')
  expect(links.toSorted()).toEqual(
    languages
      .flatMap((language) => exampleNames.map((example) => `examples/${exampleFile(language, example)}`))
      .toSorted(),
  )
  expect(links.filter((link) => !existsSync(new URL(`../../../${link}`, import.meta.url)))).toEqual([])
})
