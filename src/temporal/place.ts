import type { Client } from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import { searchAttributes } from '../../workflows/search-attributes.ts'
import { names } from './names.ts'

/** The client and task queue of a connector's workflows. */
export interface Place {
  client: Client
  taskQueue: string
  /** Whether the server knows the search attributes that operators filter by. */
  hasSearchAttributes: boolean
}

/** Reads a connector's place from its Schedule. Fails with ScheduleNotFoundError if the connector was never started. */
export async function findPlace(client: Client, connector: string): Promise<Place> {
  const { action } = await client.schedule.getHandle(names.schedule(connector)).describe()
  const [input] = (action.args ?? []) as { hasSearchAttributes?: boolean }[]
  const hasSearchAttributes = input?.hasSearchAttributes ?? false
  return { client, taskQueue: action.taskQueue, hasSearchAttributes }
}

/** The search attributes of a workflow from its start on. */
export function startAttributes(
  { hasSearchAttributes }: Place,
  connector: string,
  more: { destination?: string; schedule?: string } = {},
): { memo: Record<string, unknown>; typedSearchAttributes?: TypedSearchAttributes } {
  const { destination } = more
  const memo = { connector, ...more, help: 'docs/operating.md' }
  if (!hasSearchAttributes) return { memo }
  return {
    memo,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.connector, value: connector },
      ...(destination === undefined ? [] : [{ key: searchAttributes.destination, value: destination }]),
    ]),
  }
}
