import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded before everything else (`--import`), it writes the URLs of all modules of the process into the file
 * LOADED_MODULES.
 */
const file = process.env['LOADED_MODULES']
if (isMainThread && file !== undefined) {
  const loaded: string[] = []
  registerHooks({
    load(url, context, nextLoad) {
      loaded.push(url)
      return nextLoad(url, context)
    },
  })
  process.once('exit', () => {
    writeFileSync(file, JSON.stringify(loaded))
  })
}
