import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** For `node --import`: as the process ends, stderr gets a line with the packages whose code it has loaded, as JSON. */
const packages = new Set<string>()
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(resolved.url) ?? []
    if (name !== undefined) packages.add(name)
    return resolved
  },
})
process.on('exit', () => {
  writeSync(2, `${JSON.stringify([...packages])}\n`)
})
