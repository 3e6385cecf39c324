import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { errorObject } from '../../../src/cli/run-to-exit.ts'
import { badInputs, goodConfig, key, type BadInput } from './bad-inputs.ts'

const page = '../../../docs/messages.md'
/** Said by zod, commander or Node itself, and never by us. */
const foreign =
  /Invalid input|Unrecognized key|Too (small|big)|received|expected (string|number|object)|undefined|\[object/i

const before = process.cwd()
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-bad-'))
  process.chdir(folder)
  // Commander prints its errors before it throws them.
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

interface Answer {
  code: string
  message: string
  exit_code: number
}

async function answerTo({ words = 'check', config = goodConfig, environment }: BadInput): Promise<Answer> {
  if (config !== null) writeFileSync(join(folder, 'qrsync.yaml'), config)
  for (const [name, value] of Object.entries({ QRCS_API_KEY: key, ...environment })) vi.stubEnv(name, value)
  try {
    await createProgram().parseAsync(words.split(' '), { from: 'user' })
  } catch (error) {
    const { error: answer } = errorObject(error)
    return { ...answer, message: answer.message.replaceAll(`${folder}/`, '').replaceAll(folder, '.') }
  }
  throw new Error('it was accepted')
}

describe('a mistake of the first hour', () => {
  it.each(badInputs)('gets a message that says what to do: $mistake', async (input) => {
    const { code, message, exit_code: exitCode } = await answerTo(input)
    expect(code).not.toBe('BUG')
    expect([1, 2, 3]).toContain(exitCode)
    expect(message).not.toMatch(foreign)
    expect(message.split('\n').length).toBeLessThanOrEqual(3)
    expect(message).not.toContain(key.slice(8))
  })

  it('is on the page of messages, with its answer', async () => {
    const sections = []
    for (const input of badInputs) {
      const { code, message, exit_code: exitCode } = await answerTo(input)
      rmSync(join(folder, 'qrsync.yaml'), { force: true })
      sections.push(`${input.mistake}, exit code ${exitCode}:\n\n\`\`\`\n${code}: ${message}\n\`\`\`\n`)
    }
    expect(sections.length).toBeGreaterThanOrEqual(40)
    await expect(`${introduction}\n${sections.join('\n')}`).toMatchFileSnapshot(page)
  })
})

const introduction = `# Messages

Mistakes that people make in their first hour, and what qrsync answers. A test checks each of them. The exit code is 2 for a wrong
command line or config file, and 1 for any other failure. With \`--json\`, the same message is an object: see [json.md](json.md).
`
