import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { toJsonNames } from '../../../src/cli/json/to-json-names.ts'
import { withShapes } from '../../../src/cli/json/document-shapes.ts'
import { shapeOf } from '../../../src/cli/json/shapes.ts'
import { createProgram } from '../../../src/cli/program.ts'

it('docs/json.md is up to date with "npm run schema"', () => {
  const present = readFileSync(new URL('../../../docs/json.md', import.meta.url), 'utf8')
  expect(withShapes(present)).toBe(present)
})

it('every command that prints JSON has a documented shape', () => {
  const commands = createProgram().commands.flatMap((command) => {
    const own = command.commands.map((each) => `${command.name()} ${each.name()}`)
    return own.length > 0 ? own : [command.name()]
  })
  const others = ['help', 'complete', 'completion']
  const without = commands.filter((name) => !others.includes(name) && shapeOf(name) === undefined)
  expect(commands.length).toBeGreaterThan(20)
  expect(without).toEqual([])
})

it('names are snake_case, times are ISO, and durations name their unit', () => {
  const value = { rowsBehind: 3, completeAtMs: 0, sinceMs: null, waitMs: 5, list: [{ isPaused: true }] }
  expect(toJsonNames(value)).toEqual({
    rows_behind: 3,
    complete_at: '1970-01-01T00:00:00.000Z',
    since: null,
    wait_ms: 5,
    list: [{ is_paused: true }],
  })
})
