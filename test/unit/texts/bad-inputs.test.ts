import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { errorObject } from '../../../src/cli/run-to-exit.ts'
import { badInputs, goodConfig, key, type BadInput } from './bad-inputs.ts'

const page = '../../../docs/messages.md'
/** Said by zod, commander or Node itself, and never by us. */
const foreign =
  /Invalid input|Unrecognized key|Too (small|big)|received|expected (string|number|object)|undefined|\[object/i

interface Answer {
  code: string
  message: string
  exit_code: number
}

const answers = new Map<BadInput, Answer>()
beforeAll(async () => {
  for (const input of badInputs) answers.set(input, await answerTo(input))
})

/** Runs the command in a folder of its own, with an environment of its own. */
async function answerTo({ words = 'check', config = goodConfig, environment }: BadInput): Promise<Answer> {
  const before = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-bad-'))
  process.chdir(folder)
  for (const [name, value] of Object.entries({ QRCS_API_KEY: key, ...environment })) vi.stubEnv(name, value)
  // Commander prints its errors before it throws them.
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  if (config !== null) writeFileSync('qrsync.yaml', config)
  try {
    await createProgram().parseAsync(words.split(' '), { from: 'user' })
  } catch (error) {
    const { error: answer } = errorObject(error)
    return { ...answer, message: answer.message.replaceAll(`${folder}/`, '').replaceAll(folder, '.') }
  } finally {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    process.chdir(before)
    rmSync(folder, { recursive: true })
  }
  throw new Error(`it was accepted: ${words}`)
}

function answerOf(input: BadInput): Answer {
  const answer = answers.get(input)
  if (answer === undefined) throw new Error(`nothing was answered: ${input.mistake}`)
  return answer
}

describe('a mistake of the first hour', () => {
  it.each(badInputs)('gets a message that says what to do: $mistake', (input) => {
    const { code, message, exit_code: exitCode } = answerOf(input)
    expect(code).not.toBe('BUG')
    expect([1, 2, 3]).toContain(exitCode)
    expect(message).not.toMatch(foreign)
    expect(message.split('\n').length).toBeLessThanOrEqual(3)
    expect(message).not.toContain(key.slice(8))
  })

  it('is on the page of messages, with its answer', async () => {
    const sections = badInputs.map((input) => {
      const { code, message, exit_code: exitCode } = answerOf(input)
      return `${input.mistake}, exit code ${exitCode}:\n\n\`\`\`\n${code}: ${message}\n\`\`\`\n`
    })
    expect(sections.length).toBeGreaterThanOrEqual(40)
    await expect(`${introduction}\n${sections.join('\n')}`).toMatchFileSnapshot(page)
  })
})

const introduction = `# Messages

Mistakes that people make in their first hour, and what qrsync answers. A test checks each of them. The exit code is 2 for a wrong
command line or config file, and 1 for any other failure. With \`--json\`, the same message is an object: see [json.md](json.md).
`
