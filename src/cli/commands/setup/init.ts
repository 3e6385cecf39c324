import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import {
  apiVariable,
  defaultConnector,
  keyVariable,
  referenceTo,
  valueOf,
  type Answers,
} from '../../init/answers.ts'
import type { Known } from '../../init/ask-answers.ts'
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
      'ask nothing: use the key in QRCS_API_KEY, the API in QRCS_API_URL (both also from .env), and a DuckDB file',
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
  const folder = dirname(resolve(file))
  // Before the key is tested, which costs a call.
  if (!existsSync(folder)) {
    throw new NoAnswer(`The folder ${folder} does not exist. Create it, or write the file elsewhere.`)
  }
  const mistake = nameSetting.safeParse(connector).error?.issues[0]?.message
  if (mistake !== undefined) throw new WrongUse(`--connector ${connector}: ${mistake}.`)
  const { dotEnvOf, environmentOf } = await import('../../../config/environment-of.ts')
  const environment = environmentOf(file, process.env)
  const namedUrl = valueOf(environment, apiVariable)
  const apiUrl = apiUrlOf(namedUrl)
  if (apiUrl === undefined) {
    throw new WrongUse(
      'QRCS_API_URL is not an https: address (http: only on this machine), without user and password.',
    )
  }

  const api = namedUrl === undefined ? null : referenceTo(apiVariable)
  const dotEnv = dotEnvOf(file)
  const answers = yes
    ? await takeAnswers({ connector, apiUrl, api, folder, environment })
    : await ask({ connector, apiUrl: api === null ? null : apiUrl, folder, environment, dotEnv })
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
  if (Object.keys(answers.typed).length > 0) await keep(answers.typed, dotEnv)
  printAside(nextSteps(file, variables, { ...environment, ...answers.typed }))
}

function write(file: string, text: string, isForced: boolean): void {
  try {
    writeFileSync(file, text, { flag: isForced ? 'w' : 'wx', mode: 0o600 })
  } catch (error) {
    throw new NoAnswer(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws NoAnswer after the config file was written */
async function keep(typed: Readonly<Record<string, string>>, dotEnv: string): Promise<void> {
  const { isOpenToGit, writeEnvFile } = await import('../../init/env-file.ts')
  try {
    writeEnvFile(dotEnv, typed)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new NoAnswer(
      `The config file is written, but ${dotEnv} is not: ${reason}. Set ${Object.keys(typed).join(', ')} in the environment.`,
    )
  }
  printAside(`${dotEnv} is written. It contains secrets: only you may read it. Never commit it.`)
  if (isOpenToGit(dotEnv)) printAside(`Git does not ignore it: add the line ".env" to .gitignore.`)
  // The environment wins over the file, so a rejected key in it would still be used.
  const stale = Object.keys(typed).filter((name) => valueOf(process.env, name) !== undefined)
  if (stale.length > 0) {
    printAside(`The environment has another value, which applies: unset ${stale.join(' ')}`)
  }
}

interface Given extends Pick<Answers, 'connector' | 'api'> {
  apiUrl: string
  folder: string
  environment: Readonly<Record<string, string | undefined>>
}

/** `--yes`: uses the key of the environment, and a destination that needs no answers. */
async function takeAnswers({ connector, apiUrl, api, folder, environment }: Given): Promise<Answers> {
  const { checkAccount, mistakeInKey } = await import('../../init/check-account.ts')
  const { checkDestination } = await import('../../init/check-destination.ts')
  const { defaultDestination } = await import('../../init/vendor-answers.ts')
  const key = valueOf(environment, keyVariable)
  if (key === undefined) {
    throw new WrongUse(
      `${keyVariable} is set neither in the environment nor in .env beside the config file: init --yes reads the API key from it.`,
    )
  }
  const mistake = mistakeInKey(key)
  if (mistake !== undefined) throw new WrongUse(`${keyVariable} is not ${mistake}.`)
  printAside(`Account ${await checkAccount(apiUrl, key)}.`)
  const { name, settings } = defaultDestination()
  printAside(`Destination ${name}: ${(await checkDestination(name, settings, folder)).identity}`)
  return { connector, api, destinations: { [name]: settings }, variables: {}, typed: {} }
}

async function ask(known: Known): Promise<Answers> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WrongUse(
      'There is no terminal to ask questions on. "qrsync init --yes" asks nothing, and reads the key from QRCS_API_KEY, in the environment or in .env beside the config file.',
    )
  }
  // Code that draws on a terminal is only loaded if there is one.
  const { askAnswers } = await import('../../init/ask-answers.ts')
  return askAnswers(known)
}

/** Commands to copy: a user who runs qrsync through npm has no `qrsync` on the PATH. */
const calledAs = new Map([
  ['qrsync', 'npm run -s qrsync --'],
  ['npx', 'npx qrsync'],
])

function nextSteps(file: string, variables: readonly string[], environment: Given['environment']): string {
  const qrsync = calledAs.get(process.env['npm_lifecycle_event'] ?? '') ?? 'qrsync'
  const missing = variables.filter((variable) => valueOf(environment, variable) === undefined)
  const option = file === 'qrsync.yaml' ? '' : ` --config ${file}`
  return [
    `${file} is written.`,
    ...(missing.length === 0
      ? []
      : ['It contains no secrets. Set them in the environment, or write them into .env beside it:']),
    ...missing.map((variable) => `  export ${variable}=…`),
    'Then:',
    `  ${qrsync} check${option}`,
    `  ${qrsync} plan${option}`,
    `  ${qrsync} up${option}`,
  ].join('\n')
}
