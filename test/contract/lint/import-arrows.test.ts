import { join } from 'node:path'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'

const cwd = join(import.meta.dirname, '../../..')
// Missing files have no types, and these rules do not need any.
const eslint = new ESLint({ cwd, overrideConfig: [tseslint.configs.disableTypeChecked] })

/** The rules that object to a file in `room` with this code. */
async function objections(room: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(cwd, room, 'not-there.ts') })
  return result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? ['not linted']
}

const whole = (path: string) => `import * as all from '${path}'\nexport const taken = all\n`
const types = (path: string) => `import type * as all from '${path}'\nexport type Taken = typeof all\n`

describe('lint refuses', () => {
  it.each([
    ['src/model', '../source/client.ts'],
    ['src/model', 'zod'],
    ['src/streams', 'zod'],
    ['src/streams', '../source/client.ts'],
    ['src/model', 'node:fs'],
    ['src/source', '@temporalio/client'],
    ['src/source', '../ledger/calls/calls.ts'],
    ['src/source', '../config/schema.ts'],
    ['src/source', '../../reference-api/app.ts'],
    ['src/budget', '../ledger/calls/calls.ts'],
    ['src/budget', '@temporalio/common'],
    ['src/ledger', '../source/client.ts'],
    ['src/ledger', '@temporalio/client'],
    ['src/config', '../ledger/calls/calls.ts'],
    ['src/config/values', '../schema.ts'],
    ['src/config/values', '../../model/account.ts'],
    ['src/destinations', '@temporalio/activity'],
    ['src/destinations', '../ledger/calls/calls.ts'],
    ['src/destinations', '../config/schema.ts'],
    ['src/destinations/duckdb', '../../config/destinations.ts'],
    ['src/destinations/duckdb', '../../source/client.ts'],
    ['src/observability', '../source/client.ts'],
    ['src/observability', '../worker/create-worker.ts'],
    ['src/observability', '../../activities/delivery/deliver.ts'],
    ['reference-api', '../src/source/client.ts'],
    ['reference-api', '../src/model/account.ts'],
    ['reference-api/routes', '../../src/source/schemas.ts'],
    ['reference-api/store', '../../src/ledger/calls/calls.ts'],
    ['reference-api', '@temporalio/client'],
    ['test/fake-hubspot', '../../src/destinations/destination.ts'],
    ['workflows', 'node:fs'],
    ['workflows', 'fs'],
    ['workflows', 'zod'],
    ['workflows', 'undici'],
    ['workflows', '@temporalio/client'],
    ['workflows', '../src/ledger/calls/calls.ts'],
    ['workflows', '../src/source/client.ts'],
    ['workflows', '../activities/delivery/deliver.ts'],
    ['activities', '../reference-api/app.ts'],
    ['activities', '../src/config/schema.ts'],
    ['activities', '../src/temporal/names.ts'],
    ['activities', '../workflows/sync.ts'],
    ['activities', '../test/support/source/api-peer.ts'],
    ['src/temporal', '../ledger/calls/calls.ts'],
    ['src/insight', '../report/page.ts'],
    ['src/worker', '../../reference-api/app.ts'],
    ['src/worker', '../cli/commands/run/up.ts'],
    ['src/cli', '../../reference-api/app.ts'],
    ['src/cli', '../../test/support/source/api-peer.ts'],
    ['src/demo', '../../reference-api/app.ts'],
  ])('in %s: an import of %s or its types', async (room, path) => {
    const isFile = path.startsWith('.')
    const rule = isFile ? 'import-x/no-restricted-paths' : 'no-restricted-imports'
    expect(await objections(room, whole(path))).toEqual([rule])
    expect(await objections(room, types(path))).toEqual([rule])
    if (isFile) expect(await objections(room, `export { all } from '${path}'\n`)).toEqual([rule])
  })

  it.each(['src/model', 'workflows'])('in %s: a dynamic import', async (room) => {
    expect(await objections(room, "export const all = await import('node:fs')\n")).toEqual([
      'no-restricted-syntax',
    ])
  })

  it('in any module: a circle of imports', async () => {
    const code = "import { toApiError } from './to-api-error.ts'\nexport const taken = toApiError\n"
    const [result] = await eslint.lintText(code, { filePath: join(cwd, 'src/source/api-error.ts') })
    expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(['import-x/no-cycle'])
  })
})

describe('lint accepts', () => {
  it.each([
    ['src/model', './scan.ts'],
    ['src/source', '../model/account.ts'],
    ['src/source', '../streams/scans.ts'],
    ['src/source', 'undici'],
    ['src/ledger', '../budget/windows.ts'],
    ['src/insight', '../report/report-data.ts'],
    ['src/ledger', 'node:sqlite'],
    ['src/destinations/duckdb', '../../model/account.ts'],
    ['src/destinations/duckdb', '../destination.ts'],
    ['src/destinations/bigquery', '../../config/values/duration.ts'],
    ['src/config', '../destinations/vendors.ts'],
    ['reference-api/routes', '../store/store.ts'],
    ['reference-api', 'fastify'],
    ['workflows', '@temporalio/workflow'],
    ['workflows', '../activities/contract.ts'],
    ['workflows', './sync.ts'],
    ['workflows', '../src/model/delay.ts'],
    ['activities', '../src/ledger/calls/calls.ts'],
    ['activities', '../src/source/client.ts'],
    ['activities', '@temporalio/activity'],
    ['src/temporal', '../../workflows/sync.ts'],
    ['src/worker', '../../activities/create-activities.ts'],
    ['src/cli', '../worker/run-connectors.ts'],
    ['src/demo', '../cli/commands/run/up.ts'],
    ['test/unit', '../../reference-api/app.ts'],
  ])('in %s: an import of %s', async (room, path) => {
    expect(await objections(room, whole(path))).toEqual([])
    expect(await objections(room, types(path))).toEqual([])
  })
})
