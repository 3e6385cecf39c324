import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { openLedger } from '../../../src/ledger/base/open-ledger.ts'
import type { ReportData } from '../../../src/report/report-data.ts'
import { expectSound, looks } from '../../support/page/look-at.ts'
import { startBrowser, type TestBrowser } from '../../support/report/browser.ts'
import {
  createWorkspace,
  runQrsync,
  type Ended,
  type Workspace,
} from '../../support/processes/connector-process.ts'
import { liveIn } from '../../support/ledger/lived-in-ledger.ts'
import { textCollisions } from '../../support/report/text-collisions.ts'

const someKey = { url: 'http://127.0.0.1:1', key: `qrs_${'0'.repeat(64)}` }
const names = [
  `<script>document.title = 'run'</script>`,
  `"><img src=x onerror="document.title = 'run'">`,
  'قائمة الطعام ‮ في المطعم',
  '🍕 Pizza & 👨‍👩‍👧 night',
  'M'.repeat(300),
  null,
  ...Array.from({ length: 60 }, (_, index) => `Table ${index + 7}`),
]
const reason = `Could not convert "<b>soon</b>" to TIMESTAMP ${'x'.repeat(500)}`

let workspace: Workspace
let page: string
let browser: TestBrowser
const report = (...given: string[]): Promise<Ended> =>
  // There is neither an API nor a Temporal server, and the command needs none.
  runQrsync(['report', '--config', workspace.config, ...given], {
    api: someKey,
    temporalAddress: '127.0.0.1:1',
  }).ended

beforeAll(async () => {
  browser = await startBrowser()
  workspace = createWorkspace()
  page = join(workspace.folder, 'report.html')
  const ledger = await openLedger(workspace.ledger)
  await ensureConnector(ledger, 'test')
  await liveIn(ledger, { nowMs: Date.now(), names, days: 100, scansPerDay: 60 })
  await ledger
    .insertInto('rejects')
    .values({
      connector: 'test',
      destination: 'duckdb',
      stream: 'scans',
      row_id: '<i>1</i>',
      seq: 1,
      reason,
      attempts: 1,
      rejected_at_ms: Date.now(),
      fingerprint: null,
    })
    .execute()
  await ledger
    .updateTable('qr_codes')
    .set({ pending: 3, due_since_ms: Date.now() })
    .where('id', 'in', ['code-0', 'code-1', 'code-4'])
    .execute()
  await ledger.destroy()
  expect(await report('--out', page)).toEqual({
    code: 0,
    stdout: `The report of test is in ${page}.\n`,
    stderr: '',
  })
})
afterAll(async () => {
  await browser.close()
  workspace[Symbol.dispose]()
})

describe.each(looks)('in a browser at %o', ({ width, colorScheme }) => {
  let shown: Page
  const requests: string[] = []

  beforeAll(async () => {
    shown = await browser.openTab({ width, colorScheme })
    shown.on('request', (request) => requests.push(request.url()))
    await shown.goto(pathToFileURL(page).href, { waitUntil: 'load' })
    await shown.evaluate(`for (const folded of document.querySelectorAll('details')) folded.open = true`)
  })
  afterAll(() => shown.close())

  it('axe finds no accessibility problem', async () => {
    await shown.evaluate(axe.source)
    const { violations, passes } = await shown.evaluate<axe.AxeResults>('axe.run()')
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    expect(passes.map(({ id }) => id)).toContain('color-contrast')
  })

  it('the page requests no other file, and contains no script', async () => {
    expect(requests).toEqual([pathToFileURL(page).href])
    expect(await shown.title()).toMatch(/^QR code scans of test, /)
    expect(await shown.evaluate('document.scripts.length')).toBe(0)
    expect(await shown.evaluate('document.images.length')).toBe(0)
  })

  it('names appear literally, whatever they contain', async () => {
    const shownNames = await shown.locator('.bars tbody th').allTextContents()
    for (const name of names.slice(0, 4)) expect(shownNames).toContain(name)
    expect(await shown.locator('#rejects ~ details bdi').first().textContent()).toBe('<i>1</i>')
  })

  it('the page is not wider than the window', async () => {
    expect(await shown.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const beyond = await shown.evaluate<string[]>(
      `[...document.querySelectorAll('main *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth)
        .filter((each) => getComputedStyle(each).clipPath === 'none' && each.closest('caption, thead') === null)
        .map((each) => each.outerHTML.slice(0, 100))`,
    )
    expect(beyond).toEqual([])
  })

  it('each chart is drawn once, and no text covers another', async () => {
    const charts = shown.locator('svg:visible')
    expect(await charts.count()).toBe(3)
    expect(await shown.evaluate(textCollisions)).toEqual([])
  })

  it('the colours follow the colour scheme', async () => {
    const lightness = await shown.evaluate<number>(
      `getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).reduce((sum, part) => sum + Number(part), 0) / 765`,
    )
    expect(lightness > 0.5).toBe(colorScheme === 'light')
  })
})

describe('the command', () => {
  it('prints its numbers as JSON, and then writes no page', async () => {
    const other = join(workspace.folder, 'other.html')
    const { code, stdout } = await report('--json', '--out', other)
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    const data = JSON.parse(stdout) as ReportData
    expect(data).toMatchObject({
      connector: 'test',
      plan: 'pro',
      rejects: { rows: 1, reasons: [{ reason }] },
    })
    expect(data.codes.total.codes).toBe(names.length)
    expect(existsSync(other)).toBe(false)
  })

  it.each([
    [
      'marketing',
      'Scans of test',
      ['Scans per day', 'Campaigns', 'Countries', 'Devices', 'Hours of the day'],
    ],
    ['operator', 'Operations of test', ['Needs attention', 'Destinations', 'Refused rows', 'Rows set aside']],
  ])('writes the tab for %s as one file without links to other files', async (reader, title, headings) => {
    const file = join(workspace.folder, `${reader}.html`)
    const { code, stderr } = await report('--for', reader, '--out', file)
    expect(code, stderr).toBe(0)
    const shown = await browser.openTab({ width: 360, colorScheme: 'dark' })
    const requests: string[] = []
    shown.on('request', (request) => requests.push(request.url()))
    await shown.goto(pathToFileURL(file).href)
    await shown.getByRole('heading', { name: title, level: 1 }).waitFor()
    const found = await shown.locator('h2').allTextContents()
    for (const heading of headings) expect(found).toContain(heading)
    await expectSound(shown, 360)
    expect(requests).toEqual([pathToFileURL(file).href])
    expect(await shown.locator('a, form, script').count()).toBe(0)
    await shown.close()
    rmSync(file)
    const { stdout } = await report('--for', reader, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ connector: 'test', up_to_date: { waiting_scans: 9 } })
  })

  it('replaces an existing page, and leaves no other file', async () => {
    const before = readdirSync(workspace.folder)
    writeFileSync(page, 'old')
    expect((await report('--out', page)).code).toBe(0)
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>.*<\/html>\n$/s)
    expect(readdirSync(workspace.folder)).toEqual(before)
  })

  it.each([
    ['not-there/report.html', 'the folder does not exist'],
    ['folder', 'it is a folder'],
    ['report.html/report.html', 'the folder does not exist'],
  ])('reports in one line that it cannot write to %s', async (out, why) => {
    mkdirSync(join(workspace.folder, 'folder'), { recursive: true })
    const before = readdirSync(workspace.folder)
    const file = join(workspace.folder, out)
    expect(await report('--out', file)).toEqual({
      code: 1,
      stdout: '',
      stderr: `The report cannot be written to ${file}: ${why}. Use another file with --out.\n`,
    })
    expect(readdirSync(workspace.folder)).toEqual(before)
    rmSync(join(workspace.folder, 'folder'), { recursive: true })
  })
})
