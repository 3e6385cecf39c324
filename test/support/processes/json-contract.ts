import { z } from 'zod'
import { errorShape, shapeOf } from '../../../src/cli/json/shapes.ts'

/**
 * Compares what a command has printed with `--json` with docs/json.md: each line of stdout is an object of its
 * shape, or an error.
 *
 * @param words the command line, without the program
 */
export function mustKeepContract(words: readonly string[], stdout: string): void {
  const isJson = words.includes('--json') || (words[0] === 'up' && words.includes('--once'))
  if (!isJson || words.includes('--help')) return
  const shape = shapeOf(commandOf(words))
  if (shape === undefined) return
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const value: unknown = JSON.parse(line)
    const isError = typeof value === 'object' && value !== null && 'error' in value && !('source' in value)
    const parsed = (isError ? errorOf : shape).safeParse(value)
    if (!parsed.success) {
      throw new Error(
        `qrsync ${words.join(' ')} breaks docs/json.md:\n${z.prettifyError(parsed.error)}\n${line}`,
      )
    }
  }
}

/** For a folder, the error of one connector names it. */
const errorOf = errorShape.extend({ connector: z.string().optional() })

/** "rejects list" of `rejects list --config …` */
function commandOf(words: readonly string[]): string {
  const end = words.findIndex((word) => word.startsWith('-'))
  const names = end < 0 ? words : words.slice(0, end)
  return names[0] === 'explain' ? 'explain' : names.join(' ')
}
