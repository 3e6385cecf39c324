import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import lockFile from '../../../package-lock.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const nvmrc = read('.nvmrc').trim()

/** Each place that names the Node version of builds, tests and releases, as `<place>: <version>`. */
function named(): string[] {
  const images = [...read('Dockerfile').matchAll(/^FROM node:(\S+?)-/gm)].map(
    ([, found = '']) => `Dockerfile: ${found}`,
  )
  const workflows = globSync('.github/workflows/*.yml', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/node-version: (\S+)/g)].map(([, found = '']) => `${file}: ${found}`),
  )
  return [
    ...images,
    ...workflows,
    `.devcontainer/devcontainer.json: ${/"node:([^-]+)-/.exec(read('.devcontainer/devcontainer.json'))?.[1] ?? ''}`,
    `package.json: ${packageJson.devDependencies.node}`,
    `package-lock.json: ${lockFile.packages['node_modules/node'].version}`,
    `this test: ${process.versions.node}`,
  ]
}

it('the image, CI, the scripts and these tests use the same version of Node', () => {
  const places = named()
  expect(places.filter((place) => place.startsWith('Dockerfile'))).not.toEqual([])
  expect(places.filter((place) => !place.endsWith(`: ${nvmrc}`))).toEqual([])
})

it('a development container is the image that the worker is built on', () => {
  const { image } = JSON.parse(read('.devcontainer/devcontainer.json')) as { image: string }
  expect(read('Dockerfile')).toContain(`FROM ${image} AS build`)
})

it('the Node types match its major version, and the documents name the oldest supported Node', () => {
  const major = (version: string) => version.split('.')[0]
  expect(major(packageJson.devDependencies['@types/node'])).toBe(major(nvmrc))
  const oldest = packageJson.engines.node.replace('>=', '')
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/dependencies.md',
    'docs/deploying.md',
  ]) {
    expect(read(file).includes(`Node ${oldest}`), file).toBe(true)
  }
})

it.each([
  ['20.20.2', 1, /^qrsync needs Node \d+\.\d+ or newer, and this is Node 20\.20\.2\.\n$/],
  ['22.9.0', 1, /^qrsync needs Node /],
  [`${packageJson.engines.node.replace('>=', '')}.0`, 0, /^$/],
  ['100.0.0', 0, /^$/],
])('the command on Node %s exits with %i', (version, code, message) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const words = ['--import', `data:text/javascript,${pretend}`, join(root, 'bin/qrsync.js'), '--version']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect(stderr).toMatch(message)
  expect(status).toBe(code)
})
