import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** Files that runs and builds leave behind, and files that a developer may have put next to the code. */
const leftBehind =
  /^(?:\.git|node_modules|\.qrsync|coverage|dist|\.env|qrsync\.yaml|report\.html|.*\.duckdb(?:\.wal)?)$/

/** A copy of the repository like a checkout; the packages of `npm ci` are only linked. */
export function createCheckout(): Disposable & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-checkout-'))
  cpSync(root, folder, { recursive: true, filter: (path) => !leftBehind.test(relative(root, path)) })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
