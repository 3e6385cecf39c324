import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const files = [
  'README.md',
  'CONTRIBUTING.md',
  'src/demo/qrsync.yaml',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

/** Commands to type, up to a comment, a redirection or the end of the code. */
const calls = /(?:npm run -s qrsync --|npx qrsync|src\/cli\/main\.ts|`qrsync) ((?:(?! #| \d?>)[^`|\n])+)/g
const documented = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(calls)].map(([, typed = '']) => [file, typed] as const),
)

/** The command that is called, and the words that are left for it. */
function commandOf(words: readonly string[], within: Command = createProgram()): [Command, string[]] {
  const [name = '', ...rest] = words
  const own = within.commands.find((each) => each.name() === name)
  return own === undefined ? [within, [...words]] : commandOf(rest, own)
}

it.each(documented)('%s: qrsync %s', (_file, typed) => {
  const [command, words] = commandOf(typed.match(/"[^"]*"|\S+/g) ?? [])
  expect(command.commands.map((each) => each.name())).toEqual([])
  const { operands, unknown } = command.parseOptions(words)
  expect(unknown).toEqual([])
  expect(operands.length).toBeLessThanOrEqual(command.registeredArguments.length)
  // Without options, the text is about the command itself.
  if (words.length > 0) {
    for (const option of command.options.filter(({ mandatory }) => mandatory)) {
      expect(command.opts()).toHaveProperty(option.attributeName())
    }
  }
})

it('the documents name more than 30 commands', () => {
  expect(documented.length).toBeGreaterThan(30)
})
