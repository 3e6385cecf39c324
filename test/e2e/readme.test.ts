import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { createCheckout } from '../support/processes/checkout.ts'
import type { SyncResult } from '../support/processes/connector-process.ts'
import { queryDuckDb, scanIdsIn } from '../support/destinations/duckdb-file.ts'
import { startReferenceApi, type InProcessReferenceApi } from '../support/reference-api/reference-api.ts'
import { keys, runOnTerminal } from '../support/processes/pseudo-terminal.ts'
import { typeCommand, userEnvironment } from '../support/processes/typed-command.ts'

/**
 * Runs the commands of README.md in a copy of the repository. Two things differ: the API's address, because the
 * key is one of the reference API's, and that `npm ci` and `npm test` are left out, because this test is part
 * of them.
 */
const checkout = createCheckout()
const { folder } = checkout
const readme = readFileSync(join(folder, 'README.md'), 'utf8')
let api: InProcessReferenceApi

beforeAll(async () => {
  api = await startReferenceApi({ codes: 12, scans: 400, plan: 'pro' })
})
afterAll(async () => {
  checkout[Symbol.dispose]()
  await api.close()
})

/** The text below a heading of the second level. */
function sectionOf(heading: string): string {
  return readme.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? ''
}

/** The lines of each block for a shell. */
function shellBlocks(section: string): string[][] {
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block.trim().split('\n'))
}

// Both at once: they mostly wait, and the demo for up to a minute if its Schedule started before its first
// sync.
it.concurrent('"Try it": the demo syncs 20,000 scans of 250 codes', async ({ expect }) => {
  const section = sectionOf('Try it')
  expect(shellBlocks(section)).toEqual([['npm ci && npm start'], ['npm ci && npm test']])
  const [, once = ''] = /`(npm start -- [^`]+)`/.exec(section) ?? []

  using demo = typeCommand(folder, once)
  const { code, stdout, stderr } = await demo.ended
  expect(code, stderr).toBe(0)
  const results = stdout.split('\n').filter((line) => line.startsWith('{'))
  expect(results).toHaveLength(1)
  const result = JSON.parse(results[0] ?? '') as SyncResult
  const duckdb = join(folder, '.qrsync/demo/qr-codes.duckdb')
  expect(result).toMatchObject({ codes: 250, scans: 20_000, refused: 0, duckdb })
  expect(new Set(await scanIdsIn(duckdb)).size).toBe(20_000)

  expect(stderr).toMatch(/Temporal UI: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/\S+/)
  const [, file = '', query = ''] = /^Try: duckdb -readonly (\S+) "(.+)"$/m.exec(stderr) ?? []
  expect(await queryDuckDb(file, query)).toHaveLength(10)
  const [, withoutDuckDb = ''] = /^```text\n(node .*)\n```$/m.exec(section) ?? []
  using ofNode = typeCommand(folder, withoutDuckDb)
  expect((await ofNode.ended).stdout.match(/^│ \d+ +│/gm)).toHaveLength(10)
  expect(stderr).toMatch(/^Analytics: those of \d+ codes are still to come: /m)

  // What the demo prints to look around, in another terminal, which has no key.
  const [, printed = ''] = /^Look around:\n((?: {2}.+\n)+)/m.exec(stderr) ?? []
  const commands = printed.trimEnd().split('\n')
  expect(commands.map((command) => /-- (\w+)/.exec(command)?.[1])).toEqual(['status', 'report', 'usage'])
  const lookAround = commands.map(async (command) => {
    using typed = typeCommand(folder, command)
    const ended = await typed.ended
    expect(ended.code, `${command}: ${ended.stderr}`).toBe(0)
    return ended.stdout + ended.stderr
  })
  expect((await Promise.all(lookAround)).join('\n')).toMatch(/^demo on \w+, as of 20/m)
})

it.concurrent(
  '"With your own account": five commands and no edit put rows into DuckDB',
  async ({ expect }) => {
    const [block = []] = shellBlocks(sectionOf('With your own account'))
    expect(block.length).toBeLessThanOrEqual(5)
    const placeholder = 'qrs_your_key_here'
    const [setKey = '', ...commands] = block
    expect(setKey).toBe(`export QRCS_API_KEY=${placeholder}`)
    expect(commands).toHaveLength(4)
    const [init = '', check = '', plan = '', up = ''] = commands
    const type = (command: string) =>
      typeCommand(folder, `${setKey.replace(placeholder, api.key)}\n${command}`, {
        QRCS_API_URL: `${api.url}/api/v1`,
      })
    const run = async (command: string) => {
      using typed = type(command)
      const { code, stdout, stderr } = await typed.ended
      expect(code, `${command}: ${stderr}`).toBe(0)
      return { stdout, stderr }
    }

    expect(existsSync(join(folder, 'qrsync.yaml'))).toBe(false)
    const written = await run(init)
    expect(readFileSync(join(folder, 'qrsync.yaml'), 'utf8')).not.toContain(api.key)
    // Its advice is the same as README's.
    for (const command of [check, plan, up]) expect(written.stderr.split('\n')).toContain(`  ${command}`)

    const checked = await run(check)
    expect(checked.stdout).toMatch(/^source: .*\n {2}ok .*\nwarehouse: DuckDB v/)
    expect(checked.stdout).toMatch(/^Nothing is missing\.$/m)

    const planned = await run(plan)
    expect(planned.stdout).toMatch(
      /^qr-codes on pro: 30 days from \d{4}-\d\d-\d\d, 12 codes, about \d+ scans\.$/m,
    )
    expect(planned.stdout).toMatch(/\ball\b.+ of 5,000 /)

    // On a terminal, whose status line does not stand still between syncs.
    const terminal = runOnTerminal(
      ['bash', '-c', `cd '${folder}' && ${up}`],
      userEnvironment({ QRCS_API_KEY: api.key, QRCS_API_URL: `${api.url}/api/v1` }),
    )
    await terminal.until('Syncing every 15m; Ctrl-C stops.', 'Last sync 20', '; next run by 20')
    const scanIds = [...(await api.scanIds())].toSorted()
    expect(scanIds).toHaveLength(400)
    // The file cannot be read while more is written to it: analytics arrive after the scans.
    await expect.poll(() => scanIdsIn(join(folder, 'qr-codes.duckdb')), { timeout: 30_000 }).toEqual(scanIds)
    terminal.type(keys.controlC)
    expect(await terminal.ended, terminal.shown()).toBe(0)
  },
)
