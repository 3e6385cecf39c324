import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findReferenceApi } from '../../../src/demo/find-reference-api.ts'

const root = mkdtempSync(join(tmpdir(), 'qrsync-demo-'))
const folder = join(root, 'reference-api')

afterAll(() => {
  rmSync(root, { recursive: true })
})

it('the demo names what is missing: first the folder, then its packages', () => {
  expect(() => findReferenceApi(root)).toThrow(
    `The demo needs the reference API, and ${folder} is not there: start it in a checkout.`,
  )
  mkdirSync(folder)
  writeFileSync(join(folder, 'main.ts'), '')
  writeFileSync(
    join(folder, 'package.json'),
    '{"dependencies":{"fastify":"5","@fastify/helmet":"13","uqr":"0"}}',
  )
  mkdirSync(join(root, 'node_modules/uqr'), { recursive: true })
  expect(() => findReferenceApi(root)).toThrow(
    'The demo needs packages of the reference API that are not installed: fastify, @fastify/helmet. "npm ci" installs them.',
  )
  mkdirSync(join(root, 'node_modules/@fastify/helmet'), { recursive: true })
  mkdirSync(join(folder, 'node_modules/fastify'), { recursive: true })
  expect(findReferenceApi(root)).toBe(join(folder, 'main.ts'))
})
