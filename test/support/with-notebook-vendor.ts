import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const notebookModule = new URL('notebook-vendor.ts', import.meta.url).href

/**
 * Loaded before everything else (`--import`), it adds a vendor to the list like a contributor would: with one
 * import, and its name in the list.
 */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/src/destinations/vendors.ts')) return loaded
    const source = `import { notebook } from '${notebookModule}'\n${readFileSync(new URL(url), 'utf8')}`
    const changed = source.replace(/(const vendors = \[[^\]]*)\]/, '$1, notebook]')
    if (changed === source) throw new Error('vendors.ts has no list of vendors')
    return { ...loaded, source: changed }
  },
})
