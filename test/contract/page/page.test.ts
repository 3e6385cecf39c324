import { rmSync } from 'node:fs'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import { liveScript } from '../../../src/report/live/live-script.ts'
import { style } from '../../../src/report/style.ts'
import { savedViews } from '../../../src/temporal/saved-views.ts'
import { startBrowser, type TestBrowser } from '../../support/report/browser.ts'
import { expectSound, looks, openPage } from '../../support/page/look-at.ts'
import { startPageWorld, type PageWorld } from '../../support/page/page-world.ts'
import { liveIn } from '../../support/ledger/lived-in-ledger.ts'
import { until } from '../../support/until.ts'

const hostile = [
  `<script>document.title = 'run'</script>`,
  `"><img src=x onerror="document.title = 'run'">`,
  'قائمة الطعام \u202e في المطعم',
  '🍕 Pizza & 👨‍👩‍👧 night',
  'M'.repeat(300),
  '=HYPERLINK("http://evil.example","x")',
  'a\u0007b\tc',
  null,
]
const names = [...hostile, ...Array.from({ length: 242 }, (_, index) => `Table ${index + 9}`)]
const script = 'javascript:document.title="run"'

let browser: TestBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

describe('an account of 250 codes with names of all kinds', () => {
  let world: PageWorld
  beforeAll(async () => {
    world = await startPageWorld()
    await ensureConnector(world.ledger, 'test')
    await liveIn(world.ledger, { nowMs: Date.now(), names, days: 70, scansPerDay: 60 })
    const [code] = await world.ledger
      .selectFrom('qr_codes')
      .select(['id', 'row'])
      .where('id', '=', 'code-1')
      .execute()
    const row = { ...(JSON.parse(code?.row ?? '{}') as object), short_url: script, destination_url: script }
    await world.ledger
      .updateTable('qr_codes')
      .set({ row: JSON.stringify(row) })
      .where('id', '=', 'code-1')
      .execute()
    await world.ledger.updateTable('list_passes').set({ listed_at_ms: Date.now() }).execute()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each(looks)('scans, operations and a code are accessible and complete at %o', async (look) => {
    for (const path of ['/test/scans', '/test/operations', '/test/code?id=code-1&days=90']) {
      const { page, complaints, asked } = await openPage(browser, `${world.page.url}${path}`, look)
      await expectSound(page, look.width)
      expect(complaints, path).toEqual([])
      expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([world.page.url]))
      expect(await page.title()).not.toBe('run')
      await page.close()
    }
  })

  it('shows names literally, links each to its code, and executes none of them', async () => {
    const { page } = await openPage(browser, `${world.page.url}/`)
    const shown = await page.locator('#codes ~ .bars tbody th').allTextContents()
    for (const name of hostile.slice(0, 4)) expect(shown).toContain(name)
    await page
      .getByRole('link', { name: hostile[1] ?? '' })
      .first()
      .click()
    await page.getByRole('heading', { name: hostile[1] ?? '', level: 2 }).waitFor()
    expect(await page.locator('.urls').textContent()).toContain(script)
    expect(await page.locator('.urls a').count(), 'a script is no link').toBe(0)
    await page.getByRole('link', { name: '7 days' }).click()
    await page.waitForURL(/days=7/)
    expect(await page.getByRole('link', { name: '7 days' }).getAttribute('aria-current')).toBe('true')
    await page.close()
  })

  it('downloads the data that it shows, without formulas that a spreadsheet would execute', async () => {
    const { page } = await openPage(browser, `${world.page.url}/test/scans`)
    await page.getByText('All codes (250)').click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download scans per code (CSV)' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^test-codes-30-days-\d{4}-\d\d-\d\d\.csv$/)
    const text = await (await fetch(download.url())).text()
    expect(text.trimEnd().split('\r\n')).toHaveLength(251)
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")"`)
    expect(text).not.toMatch(/[\u0007\u202e]/)
    await page.close()
  })

  it('needs no build step: the browser gets the style and the script as they are in the source', async () => {
    const text = await (await fetch(`${world.page.url}/test/scans`)).text()
    expect(/<style>([^<]*)<\/style>/.exec(text)?.[1]).toBe(style)
    expect([...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(['<script>'])
    expect(text).toContain(`<script>${liveScript}</script>`)
    expect(text).not.toMatch(/<link(?! rel="icon" href="data:,">)|@import|sourceMappingURL/)
  })

  it('is readable without scripts', async () => {
    const context = await browser.browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${world.page.url}/test/scans`)
    await page.getByText('Up to date as of').waitFor()
    await page.getByRole('link', { name: 'Operations' }).click()
    await page.getByRole('link', { name: 'Sync now' }).click()
    expect(await page.locator('.costs').textContent()).toContain('At least 1 call')
    await context.close()
  })

  it('shows new scans automatically, and keeps what a reader has opened and chosen', async () => {
    const { page } = await openPage(browser, `${world.page.url}/test/scans`)
    await page.getByText('The numbers: scans per day').click()
    await page.getByRole('link', { name: '90 days' }).focus()
    const scans = async () =>
      Number((await page.locator('.figures .value').first().textContent())?.replace(',', ''))
    const before = await scans()
    const nowMs = Date.now()
    const { scans_seq: seq } = await world.ledger
      .selectFrom('positions')
      .select('scans_seq')
      .executeTakeFirstOrThrow()
    await world.ledger
      .insertInto('scans')
      .values({
        connector: 'test',
        seq: seq + 1,
        id: 'new',
        qr_code_id: 'code-0',
        row: '{}',
        scanned_at_ms: nowMs,
        landed_at_ms: nowMs,
      })
      .execute()
    await until(async () => (await scans()) === before + 1)
    expect(await page.locator('details[open]').count()).toBe(1)
    expect(await page.evaluate('document.activeElement.textContent')).toBe('90 days')
    await page.close()
  })

  it('compares the month with a forecast, which it makes once if there is none', async () => {
    const { ledger } = world
    const forecasts = () => ledger.selectFrom('forecasts').selectAll().execute()
    await ledger.deleteFrom('forecasts').execute()
    const { page } = await openPage(browser, `${world.page.url}/test/operations`)
    // What the page has kept for a moment may still say that there is none.
    await until(async () => (await forecasts()).length === 1)
    await page.getByText('by the forecast it would be').waitFor()
    const [first] = await forecasts()
    await page.reload()
    await page.getByText('by the forecast it would be').waitFor()
    expect(await forecasts()).toEqual([first])
    await page.close()
  })

  it('says on both tabs that the month is used up, and until when', async () => {
    const { ledger } = world
    const before = await ledger.selectFrom('months').select(['month', 'calls']).execute()
    await ledger.updateTable('months').set({ calls: 5_000 }).execute()
    const end = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1)).toISOString()
    for (const path of ['/test/scans', '/test/operations']) {
      const { page, complaints } = await openPage(browser, `${world.page.url}${path}`)
      await page.getByText("The month's calls are used up until").first().waitFor()
      expect(await page.locator(`time[datetime="${end}"]`).count(), path).toBeGreaterThan(0)
      await expectSound(page, looks[0].width)
      expect(complaints, path).toEqual([])
      await page.close()
    }
    for (const { month, calls } of before) {
      await ledger.updateTable('months').set({ calls }).where('month', '=', month).execute()
    }
  })

  it('reports that Temporal does not answer, and which action failed because of it', async () => {
    const { page } = await openPage(browser, `${world.page.url}/test/operations`)
    await page.getByText('Temporal does not answer.', { exact: true }).waitFor()
    // The links need no answer of the server, and are those of `qrsync runs`.
    const shown: { name: string | null; url: string | null }[] = []
    for (const link of await page.locator('section:has(> #runs) p a').all()) {
      shown.push({ name: await link.textContent(), url: await link.getAttribute('href') })
    }
    const views = savedViews('test', 'default', 'http://127.0.0.1:8233')
    expect(shown).toEqual(views.map(({ name, url }) => ({ name, url })))
    expect(shown.length).toBeGreaterThan(5)
    await page.getByRole('link', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('It could not be done').waitFor()
    expect(new URL(page.url()).pathname).toBe('/test/operations')
    await page.close()
  })

  describe('a request to the page', () => {
    const send = async (method: string, path: string, headers: Record<string, string> = {}, body = '') => {
      const { host, port } = new URL(world.page.url)
      const asking = httpRequest({ host: '127.0.0.1', port, method, path, headers: { host, ...headers } })
      asking.end(body)
      const [answer] = (await once(asking, 'response')) as [IncomingMessage]
      answer.resume()
      return { status: answer.statusCode, headers: answer.headers }
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }

    it.each([
      ['another name (DNS rebinding)', 421, 'GET', '/test/scans', { host: 'evil.example' }],
      [
        'a frame or script of another site',
        403,
        'GET',
        '/test/csv?table=codes',
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      ],
      [
        'a form of another site',
        403,
        'POST',
        '/test/action?action=pause',
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      ],
      ['an action by GET shows its cost', 200, 'GET', '/test/action?action=pause', {}],
      ['an unknown method', 405, 'DELETE', '/test/scans', {}],
      ['an unknown page', 404, 'GET', '/test/nothing', {}],
      ['an unknown connector', 404, 'GET', '/other/scans', {}],
      ['an unknown code', 404, 'GET', '/test/code?id=nothing', {}],
      ['an unknown table', 404, 'GET', '/test/csv?table=keys', {}],
      ['an unknown destination', 404, 'GET', '/test/action?action=refill&destination=other', {}],
    ])('%s: %i', async (_, status, method, path, headers) => {
      expect((await send(method, path, headers)).status).toBe(status)
    })

    it('is refused if the form has no token of this start, or is too large', async () => {
      const own = { ...form, origin: world.page.url }
      const path = '/test/action?action=refill&destination=warehouse'
      const resets = () => world.ledger.selectFrom('delivery_resets').select('resets').execute()
      expect((await send('POST', path, own, 'token=x')).status).toBe(403)
      expect((await send('POST', path, own, 'token='.padEnd(20_000, 'x'))).status).toBe(413)
      expect(await resets()).toEqual([])
    })

    it('gets headers that forbid frames, content sniffing and other sites', async () => {
      for (const path of ['/', '/test/operations', '/test/csv?table=days', '/nothing']) {
        const { headers } = await send('GET', path)
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'cross-origin-resource-policy': 'same-origin',
          'cache-control': 'no-store',
        })
        expect(headers['content-security-policy']).toMatch(
          /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+';/,
        )
        expect(headers['content-security-policy']).not.toContain('unsafe')
      }
    })
  })

  it('shows that the ledger is unavailable, and its data again once it is back', async () => {
    const { page } = await openPage(browser, `${world.page.url}/test/scans`)
    const location = world.connectors[0]?.location ?? ''
    Object.assign(world.connectors[0] ?? {}, { location: `${location}.gone` })
    await page.getByText('LEDGER_UNAVAILABLE').waitFor({ timeout: 60_000 })
    await expectSound(page, 1280)
    Object.assign(world.connectors[0] ?? {}, { location })
    await page.getByText('Up to date as of').waitFor({ timeout: 60_000 })
    await page.close()
    rmSync(`${location}.gone`, { force: true })
  })

  it('shows that the worker has ended', async () => {
    const { page } = await openPage(browser, `${world.page.url}/test/scans`)
    await world.page.close()
    await page.getByText('qrsync does not answer').waitFor({ timeout: 60_000 })
    expect(await page.locator('.figures .value').count(), 'the last numbers stay').toBe(4)
    await page.close()
  })
})
