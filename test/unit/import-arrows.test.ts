import { join } from 'node:path'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'

const cwd = join(import.meta.dirname, '../..')
// Files that are not there have no types; the arrows need none.
const eslint = new ESLint({ cwd, overrideConfig: [tseslint.configs.disableTypeChecked] })

/** The rules that object to a file in `room` that says `code`. */
async function objections(room: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(cwd, room, 'not-there.ts') })
  return result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? ['not linted']
}

const whole = (path: string) => `import * as all from '${path}'\nexport const taken = all\n`
const types = (path: string) => `import type * as all from '${path}'\nexport type Taken = typeof all\n`

describe('may not import', () => {
  it.each([
    ['src/model', '../api/client.ts'],
    ['src/model', 'zod'],
    ['src/model', 'node:fs'],
    ['src/api', '@temporalio/client'],
    ['src/api', '../ledger/calls.ts'],
    ['src/api', '../config/schema.ts'],
    ['src/api', '../reference-api/app.ts'],
    ['src/budget', '../ledger/calls.ts'],
    ['src/budget', '@temporalio/common'],
    ['src/ledger', '../api/client.ts'],
    ['src/ledger', '@temporalio/client'],
    ['src/config', '../destinations/registry.ts'],
    ['src/destinations', '@temporalio/activity'],
    ['src/destinations', '../ledger/calls.ts'],
    ['src/destinations/duckdb', '../../api/client.ts'],
    ['src/observability', '../api/client.ts'],
    ['src/observability', '../worker/create-worker.ts'],
    ['src/observability', '../../activities/deliver.ts'],
    ['src/reference-api', '../api/client.ts'],
    ['src/reference-api', '../model/scan.ts'],
    ['src/reference-api/routes', '../../api/schemas.ts'],
    ['src/reference-api/store', '../../ledger/calls.ts'],
    ['src/reference-api', '@temporalio/client'],
    ['test/support/hubspot', '../../../src/destinations/destination.ts'],
    ['workflows', 'node:fs'],
    ['workflows', 'fs'],
    ['workflows', 'zod'],
    ['workflows', 'undici'],
    ['workflows', '@temporalio/client'],
    ['workflows', '../src/ledger/calls.ts'],
    ['workflows', '../src/api/client.ts'],
    ['workflows', '../activities/deliver.ts'],
    ['activities', '../src/reference-api/app.ts'],
    ['activities', '../src/config/schema.ts'],
    ['activities', '../src/temporal/names.ts'],
    ['activities', '../workflows/sync.ts'],
    ['activities', '../test/support/api-peer.ts'],
    ['src/temporal', '../ledger/calls.ts'],
    ['src/worker', '../reference-api/app.ts'],
    ['src/worker', '../cli/up.ts'],
    ['src/cli', '../reference-api/app.ts'],
    ['src/cli', '../../test/support/api-peer.ts'],
    ['src/demo', '../reference-api/app.ts'],
  ])('%s: %s, nor its types', async (room, path) => {
    const isFile = path.startsWith('.')
    const rule = isFile ? 'import-x/no-restricted-paths' : 'no-restricted-imports'
    expect(await objections(room, whole(path))).toEqual([rule])
    expect(await objections(room, types(path))).toEqual([rule])
    if (isFile) expect(await objections(room, `export { all } from '${path}'\n`)).toEqual([rule])
  })

  it.each(['src/model', 'workflows'])('%s: anything on the way', async (room) => {
    expect(await objections(room, "export const all = await import('node:fs')\n")).toEqual([
      'no-restricted-syntax',
    ])
  })

  it('any room: in a circle', async () => {
    const code = "import { toApiError } from './to-api-error.ts'\nexport const taken = toApiError\n"
    const [result] = await eslint.lintText(code, { filePath: join(cwd, 'src/api/api-error.ts') })
    expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(['import-x/no-cycle'])
  })
})

describe('may import', () => {
  it.each([
    ['src/model', './scan.ts'],
    ['src/api', '../model/scan.ts'],
    ['src/api', 'undici'],
    ['src/ledger', '../budget/windows.ts'],
    ['src/ledger', 'node:sqlite'],
    ['src/destinations/duckdb', '../../model/scan.ts'],
    ['src/destinations/duckdb', '../destination.ts'],
    ['src/reference-api/routes', '../store/store.ts'],
    ['src/reference-api', 'fastify'],
    ['workflows', '@temporalio/workflow'],
    ['workflows', '../activities/contract.ts'],
    ['workflows', './sync.ts'],
    ['workflows', '../src/model/stream.ts'],
    ['activities', '../src/ledger/calls.ts'],
    ['activities', '../src/api/client.ts'],
    ['activities', '@temporalio/activity'],
    ['src/temporal', '../../workflows/sync.ts'],
    ['src/worker', '../../activities/create-activities.ts'],
    ['src/cli', '../worker/run-connector.ts'],
    ['src/demo', '../cli/up.ts'],
    ['test/unit', '../../src/reference-api/app.ts'],
  ])('%s: %s', async (room, path) => {
    expect(await objections(room, whole(path))).toEqual([])
    expect(await objections(room, types(path))).toEqual([])
  })
})
