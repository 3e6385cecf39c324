import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configText, type ConfigText } from '../../support/config-text.ts'

let text: ConfigText
beforeEach(() => {
  text = configText()
})
afterEach(() => {
  text[Symbol.dispose]()
  delete process.env['HAS_RUN']
})

function write(path: string, content: string): void {
  const file = join(text.folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** Installs a package beside the config file. */
function install(name: string, manifest: object, code: string): void {
  const main = { name, type: 'module', exports: './index.js', ...manifest }
  write(`node_modules/${name}/package.json`, JSON.stringify(main))
  write(`node_modules/${name}/index.js`, code)
}

/** The message about a config file with a destination of this type. */
const refusal = (type: string) => text.refusal('', {}, `{a: {type: "${type}"}}`)

const peerDependencies = { qrsync: '^0.1.0' }
/** Code that leaves a trace if it runs. */
const traced = "process.env.HAS_RUN = 'yes'; export default {}"
const hasRun = () => process.env['HAS_RUN'] === 'yes'

describe('a destination whose type is the name of a package', () => {
  it('is refused with the line and the reason if the package is not a destination', () => {
    install('qrsync-destination-empty', { peerDependencies }, traced)
    expect(refusal('qrsync-destination-empty')).toBe(
      'qrsync.yaml:3: destinations.a.type: the default export of qrsync-destination-empty is not what defineVendor of this ' +
        'qrsync returns. If it is what another copy returns, install both in one folder',
    )
    expect(hasRun()).toBe(true)
  })

  it('is refused with the reason if the package cannot be loaded', () => {
    install('@acme/broken', { peerDependencies }, "throw new Error('it has no licence')")
    expect(refusal('@acme/broken')).toBe(
      'qrsync.yaml:3: destinations.a.type: @acme/broken cannot be loaded: it has no licence',
    )
    install('@acme/waits', { peerDependencies }, 'await null')
    expect(refusal('@acme/waits')).toMatch(/@acme\/waits cannot be loaded: .*top-level await/)
  })

  it('is unknown if the package does not name qrsync among its peerDependencies, and its code does not run', () => {
    install('stranger', { dependencies: peerDependencies }, traced)
    expect(refusal('stranger')).toMatch(/one of 'duckdb'.* \(found "stranger"\)$/)
    expect(hasRun()).toBe(false)
  })

  it.each(['{', '{ "peerDependencies": null }', '[]'])('is unknown if package.json is %s', (manifest) => {
    install('stranger', {}, traced)
    write('node_modules/stranger/package.json', manifest)
    expect(refusal('stranger')).toMatch(/one of 'duckdb'/)
  })

  it('is refused, and the error says what to do, if the package is not installed', () => {
    expect(refusal('qrsync-destination-absent')).toBe(
      'qrsync.yaml:3: destinations.a.type: qrsync has no such type, and no destination qrsync-destination-absent is installed: ' +
        '"npm install qrsync-destination-absent" in the folder of qrsync',
    )
  })

  it.each(['../elsewhere', 'node:fs', 'fs', '/etc/passwd', '__proto__', 'duckbd', 'big-query'])(
    '%s does not name a package',
    (type) => {
      write('elsewhere/package.json', JSON.stringify({ peerDependencies }))
      write('elsewhere/index.js', traced)
      expect(refusal(type)).toMatch(/one of 'duckdb'/)
      expect(hasRun()).toBe(false)
    },
  )
})
