import { expect, it } from 'vitest'
import type { ActivityDeps } from '../../../activities/deps.ts'
import { LiveConnectors } from '../../../src/worker/live-connectors.ts'

type Parts = Parameters<LiveConnectors['replace']>

/** A connector whose parts note that they were closed. */
function parts(version: string, closed: string[], destinations: Record<string, object>): Parts {
  const close = (what: string) => () => {
    closed.push(what)
    return Promise.resolve()
  }
  const opened = Object.entries(destinations).map(([name, destination]) => [
    name,
    Object.assign(destination, { close: close(name) }),
  ])
  const deps = {
    connector: 'acme',
    api: { close: close(version) },
    destinations: new Map(opened as never),
  }
  return [{ connector: 'acme' } as never, deps as unknown as ActivityDeps]
}

it('an activity keeps its parts until it ends; they are closed when the last activity has ended', async () => {
  const closed: string[] = []
  const [kept, gone, changed] = [{}, {}, {}]
  const [config, first] = parts('first', closed, { kept, gone, changed })
  const live = new LiveConnectors('acme', [{ config, deps: first }])
  const one = live.enter('acme')
  const other = live.enter('acme')
  live.replace(...parts('second', closed, { kept, changed: {} }))
  const late = live.enter('acme')
  expect([one, other]).toEqual([first, first])
  expect(late).toBe(live.served[0])
  expect(late).not.toBe(first)
  live.leave(one)
  live.leave(late)
  expect(closed).toEqual([])
  live.leave(other)
  expect(closed).toEqual(['first', 'gone', 'changed'])
  await live.close()
  expect(closed).toEqual(['first', 'gone', 'changed', 'second'])
})

it('an unknown connector is named in the error', () => {
  const live = new LiveConnectors('folder', [])
  expect(() => live.enter('acme')).toThrow('no longer has a config file for the connector acme')
})
