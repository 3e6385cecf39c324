import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureConnector } from '../../../src/ledger/connector/connector-state.ts'
import type { Ledger } from '../../../src/ledger/base/schema.ts'
import { landCodes } from '../../support/ledger/filled-ledger.ts'
import { codeOf } from '../../support/ledger/landed-rows.ts'
import { expectSound, looks, openPage } from '../../support/page/look-at.ts'
import { startPageWorld } from '../../support/page/page-world.ts'
import { startBrowser, type TestBrowser } from '../../support/report/browser.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

const hourMs = 3_600_000

/** Stores everything that can be wrong with a connector in the ledger. */
async function breakEverything(ledger: Ledger, connector: string): Promise<void> {
  const nowMs = Date.now()
  const failed = {
    code: 'API_UNAVAILABLE',
    message: 'The API answered with <b>502</b>.',
    since_ms: nowMs - hourMs,
  }
  await landCodes(ledger, [{ ...codeOf(0), name: 'Menu', scan_count: 30 }], nowMs)
  await ledger.updateTable('qr_codes').set({ pending: 30, due_since_ms: nowMs }).execute()
  await ledger
    .updateTable('list_passes')
    .set({ listed_at_ms: nowMs - 3 * hourMs })
    .execute()
  await ledger
    .updateTable('gates')
    .set({
      gate_kind: 'outage',
      gate_reason: 'down',
      gate_since_ms: nowMs - hourMs,
      gate_closed_at_ms: nowMs,
      gate_until_ms: nowMs + hourMs,
    })
    .execute()
  await ledger
    .updateTable('sync_health')
    .set({ sync_failure: 'API_KEY_REJECTED', synced_at_ms: nowMs - 3 * hourMs })
    .execute()
  await ledger
    .insertInto('delivery_failures')
    .values({
      connector,
      destination: 'warehouse',
      stream: 'scans',
      code: 'DESTINATION_UNAVAILABLE',
      message: 'The disk is full.',
      attempts: 4,
      since_ms: nowMs - hourMs,
      failed_at_ms: nowMs,
      retry_at_ms: nowMs + 600_000,
    })
    .execute()
  await ledger
    .insertInto('failures')
    .values({
      connector,
      qr_code_id: 'code-0',
      endpoint: 'GET /qr-codes/{id}/scans',
      ...failed,
      attempts: 3,
      failed_at_ms: nowMs,
      retry_at_ms: nowMs + hourMs,
    })
    .execute()
  await ledger
    .insertInto('set_aside')
    .values({
      connector,
      stream: 'scans',
      qr_code_id: 'code-0',
      row_key: 'a',
      row_id: 'a',
      json: '{}',
      hashed: null,
      reason: 'scanned_at is "<i>soon</i>"',
      scanned_at_ms: null,
      near_ms: null,
      first_seen_ms: nowMs,
      last_seen_ms: nowMs,
      asked_at_ms: nowMs,
      asked_sync_id: null,
      version: '0.1.0',
    })
    .execute()
}

describe.each(looks)('at %o', (look) => {
  it('pages of an account without codes or scans say so', async () => {
    await using world = await startPageWorld()
    const { page } = await openPage(browser, `${world.page.url}/test/scans`, look)
    await page.getByText('Nothing here yet').waitFor()
    await ensureConnector(world.ledger, 'test')
    // The page finds it automatically.
    await page.getByText('Nothing has been fetched yet').waitFor({ timeout: 60_000 })
    await expectSound(page, look.width)
    expect(await page.locator('main').textContent()).not.toMatch(/NaN|Infinity|undefined|null/)
    await page.goto(`${world.page.url}/test/operations`)
    await expectSound(page, look.width)
    expect(await page.locator('main').textContent()).not.toMatch(/NaN|Infinity|undefined|null/)
    await page.close()
  })

  it('when everything fails, operators read what failed, why and until when', async () => {
    await using world = await startPageWorld()
    await ensureConnector(world.ledger, 'test')
    await breakEverything(world.ledger, 'test')
    const { page, complaints } = await openPage(browser, `${world.page.url}/test/operations`, look)
    await expectSound(page, look.width)
    const attention = await page.locator('.attention').innerText()
    expect(attention).toContain('Temporal does not answer.')
    expect(attention).toContain('No sync can continue: API_KEY_REJECTED.')
    expect(attention).toMatch(
      /Code Menu: API_UNAVAILABLE\. The API answered with <b>502<\/b>\..*Next try in 1 hour/s,
    )
    expect(attention).toContain('warehouse does not accept scans: DESTINATION_UNAVAILABLE. The disk is full.')
    expect(await page.locator('#set-aside ~ table').innerText()).toContain('scanned_at is "<i>soon</i>"')
    await page.getByRole('link', { name: 'Scans', exact: true }).click()
    await page
      .getByText(
        /Up to date as of 3 hours ago .*, but for 30 scans that are on the way\. The API fails and is not called until/,
      )
      .waitFor()
    await expectSound(page, look.width)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('with many connectors, an overview comes first, and lists those that need attention at the top', async () => {
    const connectors = ['acme', 'globex', 'initech']
    await using world = await startPageWorld({ connectors })
    for (const connector of connectors) await ensureConnector(world.ledger, connector)
    await world.ledger
      .updateTable('sync_health')
      .set({ sync_failure: 'API_KEY_REJECTED' })
      .where('connector', '=', 'globex')
      .execute()
    const { page } = await openPage(browser, `${world.page.url}/`, look)
    await expectSound(page, look.width)
    expect(await page.locator('tbody th').allTextContents()).toEqual(['globex', 'acme', 'initech'])
    await page.getByText('1 connector needs attention.').waitFor()
    await page.getByRole('link', { name: 'sync failed' }).click()
    await page.getByText('No sync can continue: API_KEY_REJECTED').first().waitFor()
    await page.getByRole('link', { name: 'qrsync' }).click()
    await page.getByRole('link', { name: 'initech' }).click()
    await page.getByRole('heading', { name: 'initech' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/initech/scans')
    Object.assign(world.connectors[1] ?? {}, { location: `${world.workspace.folder}/gone.sqlite` })
    await page.goto(`${world.page.url}/`)
    await page.getByText(/globex: The ledger .* is not there any more/).waitFor({ timeout: 60_000 })
    expect(await page.locator('tbody th').allTextContents(), 'the others are there').toEqual([
      'acme',
      'initech',
    ])
    await page.close()
  })
})
