import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const commands = ['chromium', 'chromium-browser', 'google-chrome']

// Without these, Chromium contacts its vendor at every start, and asks for the screen's graphics.
const flags = ['--disable-gpu', '--disable-quic', '--disable-sync', '--force-color-profile=srgb']

/**
 * Starts the Chromium of this machine, or its Chrome, without a window: once per test file, because it takes a
 * second or more. `browser.newPage({ viewport, colorScheme })` is a fresh visitor; `browser.close()` closes all
 * open pages.
 */
export async function startBrowser(): Promise<Browser> {
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
