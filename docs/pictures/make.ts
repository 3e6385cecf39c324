/**
 * Takes the pictures of docs/operating.md, docs/page.md and docs/report.md again, in this folder: two
 * connectors run against the reference API, and Chromium opens Temporal's UI.
 *
 * npx node docs/pictures/make.ts
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { startBrowser } from '../../test/support/report/browser.ts'
import { startConnectors } from './connectors.ts'
import { writeReport } from './write-report.ts'

const folder = import.meta.dirname

/** The settings of the UI in the browser, which docs/operating.md describes. */
const kept = {
  'namespace-workflow-table-columns': {
    default: ['Status', 'Workflow ID', 'QrsyncOutcome', 'QrsyncCalls', 'QrsyncRows', 'QrsyncLagSeconds'].map(
      (label) => ({ label }),
    ),
  },
  'saved-workflow-queries': {
    default: Object.entries({
      'qrsync: all': 'QrsyncConnector IS NOT NULL',
      'qrsync: acme': 'QrsyncConnector = "acme"',
      'qrsync: overdue': 'QrsyncOutcome = "overdue" AND ExecutionStatus = "Running"',
      'qrsync: waiting': 'QrsyncOutcome = "waiting" AND ExecutionStatus = "Running"',
      'qrsync: rows refused': 'QrsyncOutcome = "rejects"',
      'qrsync: failed': 'ExecutionStatus = "Failed" AND QrsyncConnector IS NOT NULL',
    }).map(([name, query]) => ({ id: name, name, query, type: 'user' })),
  },
}

const { browser } = await startBrowser()
try {
  await pictureReport()
  await pictureTemporal()
} finally {
  await browser.close()
}

async function pictureReport(): Promise<void> {
  const file = join(folder, 'report.html')
  await writeReport(file)
  const page = await browser.newPage({ viewport: { width: 900, height: 790 }, colorScheme: 'light' })
  await page.goto(pathToFileURL(file).href)
  await shoot(page, 'report')
  rmSync(file)
}

async function picturePage(url: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 780 }, colorScheme: 'light' })
  await page.goto(`${url}/acme/scans`)
  await shoot(page, 'page-scans')
  await page.goto(`${url}/acme/operations`)
  await page.getByText('Delivery to crm fails.').waitFor()
  await shoot(page, 'page-operations')
  await page.close()
}

async function pictureTemporal(): Promise<void> {
  await using connectors = await startConnectors()
  await picturePage(connectors.pageUrl)
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, timezoneId: 'UTC' })
  await context.addInitScript((given: object) => {
    for (const [key, value] of Object.entries(given)) localStorage.setItem(key, JSON.stringify(value))
  }, kept)
  const page = await context.newPage()
  const open = async (path: string, shown: string) => {
    await page.goto(`${connectors.uiUrl}/namespaces/default/${path}`)
    await page.getByText(shown).first().waitFor()
  }
  const openTab = async (name: string) => {
    await page.getByRole('tab', { name }).click()
  }

  await open('workflows', 'overdue')
  await page.getByText('qrsync: all').click()
  await shoot(page, 'workflows')

  await open(`workflows/${encodeURIComponent(connectors.spentSync)}`, 'month spent')
  await shoot(page, 'sync-history')
  await openTab('User Metadata')
  await page.frameLocator('iframe >> nth=2').getByText('Waiting').waitFor()
  await shoot(page, 'sync-details')

  await open(`workflows/${encodeURIComponent(connectors.stuckDelivery)}`, 'delivers to crm')
  await openTab('Pending Activities')
  await page.getByText('HubSpot does not accept the token').first().waitFor()
  await shoot(page, 'delivery')

  await open(`schedules/${encodeURIComponent(connectors.schedule)}`, 'Upcoming Runs')
  await page.locator('a[href*="sync-2"]').first().waitFor()
  await shoot(page, 'schedule')
}

async function shoot(page: Page, name: string): Promise<void> {
  // The UI gives no signal when it has drawn its timeline and its frames for Markdown.
  await page.waitForTimeout(2_000)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  console.log(`${name}.png`)
}
