import type { Client } from '@temporalio/client'
import { expect, it } from 'vitest'
import { listRuns } from '../../../src/temporal/list-runs.ts'

const startedAt = (minute: number) => ({
  workflowId: 'qrsync/acme/sync',
  runId: String(minute),
  status: { name: 'COMPLETED' },
  startTime: new Date(minute * 60_000),
  closeTime: new Date(3_600_000),
  typedSearchAttributes: { get: () => undefined },
})

it('runs are listed by their start, although Temporal lists them by their end', async () => {
  const list = ({ query }: { query: string }) =>
    query.includes('!=') ? [startedAt(1), startedAt(3), startedAt(2)] : []
  const client = { workflow: { list } } as unknown as Client
  expect((await listRuns(client, 'acme', 15)).map(({ runId }) => runId)).toEqual(['3', '2', '1'])
})
