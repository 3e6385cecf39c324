import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startHubSpot, type DemoHubSpot } from '../../../src/demo/start-hubspot.ts'
import {
  codeRow,
  destinationTo,
  linkRow,
  type HubSpotSettings,
} from '../../support/destinations/hubspot-world.ts'
import { landedScan } from '../../support/ledger/landed-rows.ts'
import { startBrowser, type TestBrowser } from '../../support/report/browser.ts'

const root = new URL('../../../', import.meta.url).pathname
let hubspot: DemoHubSpot
let browser: TestBrowser

beforeAll(async () => {
  hubspot = await startHubSpot(root)
  browser = await startBrowser()
})

afterAll(async () => {
  hubspot.stop()
  await browser.close()
})

test('the demo page shows contacts, codes and scans as cards that list each other', async () => {
  const config = parse(readFileSync(`${root}src/demo/qrsync-hubspot.yaml`, 'utf8')) as {
    destinations: { crm: HubSpotSettings & { type: string } }
  }
  const { type, token, url, ...settings } = config.destinations.crm
  expect([type, token, url]).toEqual(['hubspot', '${HUBSPOT_TOKEN}', '${HUBSPOT_URL}'])
  const crm = destinationTo(hubspot, settings)
  await crm.apply()
  const name = 'Badge <b>"1"</b>'
  await crm.upsert('code_summaries', [codeRow(1, { name })])
  await crm.upsert('scans', [landedScan(1)])
  const found = await crm.links?.find('contacts.qr_campaign', ['trade-fair'])
  const target = found?.get('trade-fair')
  const record = target?.is === 'record' ? target.id : ''
  const rule = 'contacts.qr_campaign'
  await crm.upsert('link_summaries', [linkRow(rule, record, { last_code: name })])
  const pair = { id: `${rule}#${record}/code-1`, rule, record, qr_code_id: 'code-1', is_linked: true }
  await crm.upsert('link_codes', [{ seq: 0, id: pair.id, json: JSON.stringify(pair) }])
  const { id: scanId, json } = landedScan(1)
  const shown = { id: `${rule}#${record}/${scanId}`, rule, record, is_linked: true, code: name }
  const scanned = { ...shown, scan: JSON.parse(json) as unknown }
  await crm.upsert('link_scans', [{ seq: 0, id: shown.id, json: JSON.stringify(scanned) }])

  const page = await browser.openTab()
  await page.goto(hubspot.page)
  const contact = page.locator('article', { hasText: 'ada@example.com' })
  expect(await contact.locator('h3').innerText()).toBe('Ada Lovelace')
  expect(await contact.locator('dt', { hasText: /^QR scans$/ }).count()).toBe(1)
  const timeline = contact.locator('h4', { hasText: 'Timeline' })
  expect(await timeline.locator('+ .event').innerText()).toMatch(/^QR code scanned, /)
  await contact.getByRole('link', { name }).click()
  const code = page.locator('article')
  expect(await code.locator('h3').innerText()).toBe(name)
  expect(await code.innerText()).toMatch(/QR code status\s+Active/)
  expect(await code.innerText()).toMatch(/Ada Lovelace\s+Named by QR code/)
  await code.locator('h4', { hasText: 'QR scans' }).locator('+ ul a').click()
  expect(await page.locator('article .kind').innerText()).toContain('QR scan')
  await crm.close()
})
