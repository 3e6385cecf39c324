import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import type { Look, TestBrowser } from '../report/browser.ts'
import { textCollisions } from '../report/text-collisions.ts'

/** They differ in layout and colours: each of the four values is covered by one of the two. */
export const looks = [
  { width: 1280, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const

/**
 * Opens the page until the test ends, because an open page renews itself, and reports the browser's errors: a policy that
 * forbids a part of the page shows here.
 */
export async function openPage(browser: TestBrowser, url: string, look: Look = looks[0]) {
  const page = await browser.openTab(look)
  onTestFinished(() => page.close())
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(url, { waitUntil: 'load' })
  return { page, complaints, asked }
}

/**
 * Checks that everybody can read the page: axe finds no problem, nothing is wider than the screen, no text covers
 * another, and no value of a tile is broken or wider than its tile.
 */
export async function expectSound(page: Page, width: number): Promise<void> {
  // The table of all codes is like those above it, and checking it takes a minute.
  await page.evaluate(
    `for (const folded of document.querySelectorAll('details')) folded.open = folded.querySelectorAll('tr').length < 100`,
  )
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  expect(await page.evaluate(textCollisions)).toEqual([])
  expect(await page.evaluate(brokenValues)).toEqual([])
}

/** Values of tiles that take more than a line, or do not fit into it. */
const brokenValues = `[...document.querySelectorAll('.figures .value')]
  .filter((value) => value.scrollWidth > value.clientWidth || value.clientHeight > 1.5 * parseFloat(getComputedStyle(value).fontSize))
  .map((value) => value.textContent)`
