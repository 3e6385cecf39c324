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
  const scans = [1, 2, 3, 4, 5, 6, 7].map((number) => landedScan(number))
  await crm.upsert('scans', scans)
  const found = await crm.links?.find('contacts.qr_campaign', ['trade-fair'])
  const target = found?.get('trade-fair')
  const record = target?.is === 'record' ? target.id : ''
  const rule = 'contacts.qr_campaign'
  await crm.upsert('link_summaries', [linkRow(rule, record, { last_code: name })])
  const pair = { id: `${rule}#${record}/code-1`, rule, record, qr_code_id: 'code-1', is_linked: true }
  await crm.upsert('link_codes', [{ seq: 0, id: pair.id, json: JSON.stringify(pair) }])
  const linked = scans.map(({ id: scanId, json }) => {
    const id = `${rule}#${record}/${scanId}`
    const row = { id, rule, record, is_linked: true, code: name, scan: JSON.parse(json) as unknown }
    return { seq: 0, id, json: JSON.stringify(row) }
  })
  await crm.upsert('link_scans', linked)

  const page = await browser.openTab()
  await page.goto(hubspot.page)
  const contact = page.locator('article', { hasText: 'ada@example.com' })
  expect(await contact.locator('h3').innerText()).toBe('Ada Lovelace')
  expect(await contact.locator('dt', { hasText: /^QR scans$/ }).count()).toBe(1)
  const timeline = contact.locator('h4', { hasText: 'Timeline' })
  expect(await timeline.innerText()).toBe('Timeline 7')
  const events = await contact.locator('.event').allInnerTexts()
  expect(events[0]).toMatch(/^QR code scanned, \d+ \w+ \d{4}, \d\d:\d\d GMT-\d\nBadge <b>"1"<\/b> · mobile/)
  expect([events.length, events.at(-1)]).toEqual([6, 'and 2 more'])
  await contact.getByRole('link', { name }).click()
  const code = page.locator('article')
  expect(await code.locator('h3').innerText()).toBe(name)
  expect(await code.innerText()).toMatch(/QR code status\s+Active/)
  expect(await code.innerText()).toMatch(/Ada Lovelace\s+Named by QR code/)
  await code.locator('h4', { hasText: 'QR scans' }).locator('+ ul a').first().click()
  expect(await page.locator('article .kind').innerText()).toContain('QR scan')

  await page.goto(hubspot.page)
  await page.getByRole('link', { name: 'Create a contact' }).click()
  await page.getByLabel('First name').fill('Rosa')
  await page.getByLabel('Responsible for the campaign').fill('window')
  await page.getByRole('button', { name: 'Create' }).click()
  expect(await page.locator('article h3').innerText()).toBe('Rosa')
  const late = (await crm.links?.find('contacts.qr_campaign', ['window']))?.get('window')
  expect(page.url()).toBe(`${hubspot.page}/0-1/${late?.is === 'record' ? late.id : ''}`)
  expect(hubspot.newContact, 'what the demo prints').toBe(`${hubspot.page}/new-contact`)
  await crm.close()
})
