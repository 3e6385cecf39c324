import { expect, it } from 'vitest'
import { mustBeServed } from '../../../src/cli/views/follow-delivery.ts'
import type { Console } from '../../../src/cli/views/console.ts'
import type { Place } from '../../../src/temporal/place.ts'

it('a command waits for the worker of a Temporal server that has just restarted', async () => {
  const shown: string[] = []
  const answers = [[], [], [{ identity: 'a worker' }]]
  const workflowService = { describeTaskQueue: () => Promise.resolve({ pollers: answers.shift() }) }
  const place = { client: { workflowService, options: { namespace: 'default' } }, taskQueue: 'qrsync-main' }
  const screen = { status: (text: string) => shown.push(text) }
  await mustBeServed(place as unknown as Place, 'main', screen as unknown as Console)
  expect(answers).toEqual([])
  expect(shown).toEqual(['Looking for a worker of main', 'Looking for a worker of main'])
})
