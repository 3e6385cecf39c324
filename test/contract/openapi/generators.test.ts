import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { frozenPackages, pythonVenv } from '../../support/tools/python-venv.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'

/** As users of the API run them: README, "From openapi.yaml". */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const openapi = join(root, 'openapi.yaml')
const commands = join(root, 'node_modules/.bin')
const run = promisify(execFile)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-generators-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const operations = Object.entries(
  (parse(readFileSync(openapi, 'utf8')) as { paths: Record<string, object> }).paths,
)
  .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
  .filter((operation) => /^(GET|POST|PATCH|DELETE) /.test(operation))

test('Redocly finds no problem in it', async () => {
  const { stdout } = await run(join(commands, 'redocly'), ['lint', openapi, '--format', 'json'], {
    cwd: root,
  })
  const { totals, problems } = JSON.parse(stdout) as { totals: object; problems: unknown[] }
  expect(problems).toEqual([])
  expect(totals).toMatchObject({ errors: 0, warnings: 0, ignored: 0 })
})

interface PostmanItem {
  item?: PostmanItem[]
  request?: { method: string; url: { host: string[]; path: string[] } }
}

test('openapi-to-postmanv2 makes a collection of every operation, with one variable each for the key and the address', async () => {
  const file = join(folder, 'qrcodestack.postman_collection.json')
  await run(join(commands, 'openapi2postmanv2'), ['-s', openapi, '-o', file, '-p'])
  const collection = JSON.parse(readFileSync(file, 'utf8')) as PostmanItem & {
    auth: { type: string }
    variable: { key: string; value: string }[]
  }
  const requests: string[] = []
  const visit = ({ item = [], request }: PostmanItem): void => {
    if (request) {
      requests.push(`${request.method} /${request.url.path.join('/').replaceAll(/:(\w+)/g, '{$1}')}`)
    }
    item.forEach(visit)
  }
  visit(collection)
  expect(requests.toSorted()).toEqual(operations.toSorted())
  expect(collection.auth.type).toBe('bearer')
  expect(collection.variable).toContainEqual(
    expect.objectContaining({ key: 'baseUrl', value: 'https://qrcodestack.com/api/v1' }),
  )
})

const typed = `
import type { components, operations, paths } from './qrcodestack-api.js'

type Answer = paths['/me']['get']['responses'][200]['content']['application/json']
export const planOf = ({ data }: Answer): 'starter' | 'pro' | 'advanced' => data.plan

export const code: components['schemas']['QrCodeCreate'] = {
  name: 'Menu',
  type: 'url',
  destination_url: 'https://example.com/menu',
  render_customizations: { dot_shape: 'rounded' },
}
export const query: operations['listScans']['parameters']['query'] = { order: 'asc', per_page: 100 }

// @ts-expect-error -- there is no such shape
export const wrong: components['schemas']['DotShape'] = 'star'
// @ts-expect-error -- a code needs a name
export const nameless: components['schemas']['QrCodeCreate'] = { type: 'url', destination_url: 'https://example.com' }
`

test('openapi-typescript makes types that compile, accept right values and refuse wrong ones', async () => {
  await run(join(commands, 'openapi-typescript'), [openapi, '-o', join(folder, 'qrcodestack-api.d.ts')])
  writeFileSync(join(folder, 'use.ts'), typed)
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
  const files = ['use.ts', 'qrcodestack-api.d.ts']
  await run(process.execPath, [tsc, ...options, ...files], { cwd: folder }).catch((error: unknown) =>
    expect.unreachable((error as { stdout: string }).stdout),
  )
})

const fetchMe = `
import sys
from qr_code_stack_api_client import AuthenticatedClient
from qr_code_stack_api_client.api.account import get_me
from qr_code_stack_api_client.models import AccountResponse

with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
    answer = get_me.sync(client=client)
assert isinstance(answer, AccountResponse), answer
print(answer.data.account_id, answer.data.plan.value, answer.data.usage.dynamic_qr_count)
`

test('openapi-python-client makes a client that fetches the account', async () => {
  const bin = await pythonVenv(frozenPackages('openapi-python-client'))
  const client = join(folder, 'client')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` }
  const options = [
    '--path',
    openapi,
    '--config',
    join(root, 'openapi-python-client.yaml'),
    '--output-path',
    client,
  ]
  const { stderr } = await run('openapi-python-client', ['generate', ...options], { env })
  expect(stderr).not.toMatch(/warning|skipping/i)
  const api = await startReferenceApi({ codes: 3, scans: 0, plan: 'pro' })
  const python = await run('python', ['-c', fetchMe, `${api.url}/api/v1`, api.key], { env, cwd: client })
  expect(python.stdout.trim()).toBe(`${api.accountId} pro 3`)
  await api.close()
})
