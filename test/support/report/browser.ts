import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const commands = ['chromium', 'chromium-browser', 'google-chrome']

// Without the first four, Chromium contacts its vendor at every start, and asks for the screen's graphics. Without the
// last two, it starts a process for each page and one in advance, which takes more time than what the pages do.
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--renderer-process-limit=1',
  '--disable-site-isolation-trials',
]

/** How a visitor's window looks. */
export interface Look {
  width: number
  colorScheme: 'light' | 'dark'
}

export interface TestBrowser {
  /** Opens an empty tab, which shares cookies with the other tabs of this browser. */
  openTab: (look?: Look) => Promise<Page>
  /** The browser itself, for a visitor whose settings differ. */
  browser: Browser
  /** Closes all tabs too. */
  close: () => Promise<void>
}

/**
 * Starts the Chromium of this machine, or its Chrome, without a window: once per test file, because it takes a
 * second or more. All tabs are in one window, because opening another takes as long
 * as most tests.
 */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await launch()
  const context = await browser.newContext()
  // A window ends with its last tab. This one stays.
  await context.newPage()
  return {
    openTab: async ({ width, colorScheme } = { width: 1280, colorScheme: 'light' }) => {
      const page = await context.newPage()
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      return page
    },
    browser,
    close: () => browser.close(),
  }
}

async function launch(): Promise<Browser> {
  const executablePath = findOnPath()
  const where = executablePath === undefined ? { channel: 'chrome' } : { executablePath }
  try {
    return await chromium.launch({ ...where, args: flags })
  } catch (error) {
    if (executablePath !== undefined) throw error
    throw new Error(`No browser to test with: install one of ${commands.join(', ')}.`, { cause: error })
  }
}

function findOnPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders
    .flatMap((folder) => commands.map((command) => join(folder, command)))
    .find((path) => existsSync(path))
}
