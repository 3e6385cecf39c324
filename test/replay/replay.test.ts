import { readdirSync, readFileSync } from 'node:fs'
import { DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'

const folder = new URL('histories/', import.meta.url)

let workflowBundle: WorkflowBundle
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  workflowBundle = await bundleWorkflows()
})

describe('the workflows replay what the deployed version has recorded', () => {
  const files = readdirSync(folder)

  it('of both workflows, with a wait for the minute among them', () => {
    expect(files.some((file) => file.startsWith('deliver-'))).toBe(true)
    const syncs = files.filter((file) => file.startsWith('sync-')).map((file) => readHistory(file))
    expect(syncs.some((history) => history.includes('EVENT_TYPE_TIMER_FIRED'))).toBe(true)
  })

  it.each(files)('%s', async (file) => {
    await Worker.runReplayHistory({ workflowBundle }, JSON.parse(readHistory(file)))
  })
})

function readHistory(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
}
