import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { defaultConnector, valueOf, type Answers } from '../../init/answers.ts'
import { printAside, printJson } from '../../print.ts'
import { NoAnswer, WrongUse } from '../../run-to-exit.ts'

export function addInit(program: Command): void {
  addCommand(program, {
    name: 'init',
    description: 'write a config file: ask questions, and test each answer (the API key with one call)',
    example: 'QRCS_API_KEY=qrs_... qrsync init --yes',
  })
    .option('--connector <name>', 'the name of the connector, part of every name in the Temporal UI')
    .option(
      '-y, --yes',
      'ask nothing: use the key in QRCS_API_KEY, the API in QRCS_API_URL, and a DuckDB file',
      false,
    )
    .option('--force', 'replace an existing file', false)
    .action(init)
}

interface InitOptions {
  /** The file to write. */
  config: string
  connector?: string
  /** Whether to ask nothing: every value comes from the environment, or is the default. */
  yes: boolean
  /** Whether to replace an existing file. */
  force: boolean
  json: boolean
}

const schemaFile = createRequire(import.meta.url).resolve('#qrsync.schema.json')

/** Asks for the settings that a config file requires, tests each answer, and writes the file. */
async function init(options: InitOptions): Promise<void> {
  const { name: nameSetting } = await import('../../../config/values/name.ts')
  const { apiUrlOf } = await import('../../init/check-account.ts')
  const { configText } = await import('../../init/config-text.ts')
  const { variablesOf } = await import('../../init/vendor-answers.ts')
  const { config: file, connector = defaultConnector, force, yes } = options
  if (!force && existsSync(file)) {
    throw new NoAnswer(`${file} exists already, and nothing was written. Use --force to replace it.`)
  }
  const mistake = nameSetting.safeParse(connector).error?.issues[0]?.message
  if (mistake !== undefined) throw new WrongUse(`--connector ${connector}: ${mistake}.`)
  const apiUrl = apiUrlOf(valueOf(process.env, 'QRCS_API_URL'))
  if (apiUrl === undefined) {
    throw new WrongUse(
      'QRCS_API_URL is not an https: address (http: only on this machine), without user and password.',
    )
  }

  const folder = dirname(resolve(file))
  const answers = yes ? await takeAnswers(connector, apiUrl, folder) : await ask(connector, apiUrl, folder)
  const variables = variablesOf(answers)
  const schema = relative(folder, schemaFile).split(sep).join('/')
  write(file, configText(answers, schema), force)
  if (options.json) {
    const { destinations } = answers
    printJson({
      config: resolve(file),
      connector: answers.connector,
      destinations: Object.keys(destinations),
      variables,
    })
  }
  printAside(nextSteps(file, variables))
}

function write(file: string, text: string, isForced: boolean): void {
  try {
    writeFileSync(file, text, { flag: isForced ? 'w' : 'wx', mode: 0o600 })
  } catch (error) {
    throw new NoAnswer(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const hasOwnApi = () => valueOf(process.env, 'QRCS_API_URL') !== undefined

/** `--yes`: uses the key of the environment, and a destination that needs no answers. */
async function takeAnswers(connector: string, apiUrl: string, folder: string): Promise<Answers> {
  const { checkAccount, mistakeInKey } = await import('../../init/check-account.ts')
  const { checkDestination } = await import('../../init/check-destination.ts')
  const { defaultDestination } = await import('../../init/vendor-answers.ts')
  const key = valueOf(process.env, 'QRCS_API_KEY')
  if (key === undefined) {
    throw new WrongUse('QRCS_API_KEY is not set: init --yes reads the API key from it.')
  }
  const mistake = mistakeInKey(key)
  if (mistake !== undefined) throw new WrongUse(`QRCS_API_KEY is not ${mistake}.`)
  printAside(`Account ${await checkAccount(apiUrl, key)}.`)
  const { name, settings } = defaultDestination()
  printAside(`Destination ${name}: ${(await checkDestination(name, settings, folder)).identity}`)
  return { connector, hasOwnApi: hasOwnApi(), destinations: { [name]: settings } }
}

async function ask(connector: string, apiUrl: string, folder: string): Promise<Answers> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WrongUse(
      'There is no terminal to ask questions on. "qrsync init --yes" asks nothing, and reads the key from QRCS_API_KEY.',
    )
  }
  // Code that draws on a terminal is only loaded if there is one.
  const { askAnswers } = await import('../../init/ask-answers.ts')
  return askAnswers({ connector, apiUrl, hasOwnApi: hasOwnApi(), folder, environment: process.env })
}

/** Commands to copy: a user who runs qrsync through npm has no `qrsync` on the PATH. */
const calledAs = new Map([
  ['qrsync', 'npm run -s qrsync --'],
  ['npx', 'npx qrsync'],
])

function nextSteps(file: string, variables: readonly string[]): string {
  const qrsync = calledAs.get(process.env['npm_lifecycle_event'] ?? '') ?? 'qrsync'
  const missing = variables.filter((variable) => valueOf(process.env, variable) === undefined)
  const option = file === 'qrsync.yaml' ? '' : ` --config ${file}`
  return [
    `${file} is written.`,
    ...(missing.length === 0 ? [] : ['It contains no secrets. Set them in the environment:']),
    ...missing.map((variable) => `  export ${variable}=…`),
    'Then:',
    `  ${qrsync} check${option}`,
    `  ${qrsync} plan${option}`,
    `  ${qrsync} up${option}`,
  ].join('\n')
}
