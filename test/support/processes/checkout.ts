import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** What running and building leave behind, and what a developer may have put beside the code for an account of their own. */
const leftBehind =
  /^(?:\.git|node_modules|\.qrsync|coverage|dist|\.env|qrsync\.yaml|report\.html|.*\.duckdb(?:\.wal)?)$/

/** A copy of the repository as a checkout has it; what `npm ci` would install there again is only linked to. */
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
