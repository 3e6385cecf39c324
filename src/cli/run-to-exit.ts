import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { errorCodes } from '../model/connector-error.ts'
import { createScrub } from '../observability/scrub.ts'
import { printAside, printJson } from './print.ts'

/**
 * A question that a command cannot answer, on one line for its user: nothing has failed, and there is no error
 * code.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A wrong command line. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** The exit codes of commands; `--help` and README list them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  /** The command succeeded, and found a problem. */
  notAllIsWell: 3,
} as const

/** The umask that the user has set. */
let usersMask: number | undefined

/** Gives the files of a command that makes them for others the permissions of all files of the user. */
export function openFilesToOthers(): void {
  if (usersMask !== undefined) process.umask(usersMask)
}

/**
 * Runs a command to its end. `--debug` prints the stack of a failure; `--json` also prints the failure as an
 * object to stdout.
 */
export async function runToExit(
  command: () => Promise<unknown>,
  words: readonly string[] = process.argv,
): Promise<void> {
  // Files of qrsync and its child processes contain scans, so they are for this user only.
  usersMask = process.umask(0o077)
  process.stdout.on('error', endWithoutOutput)
  // What cannot be said there changes nothing of what the command has done.
  process.stderr.on('error', () => undefined)
  let isEnding = false
  process.on('uncaughtException', (error) => {
    // A second error, while the first one is printed, says nothing more.
    if (isEnding) return
    isEnding = true
    void tell(error, words).finally(() => process.exit(exitCodes.failed))
  })
  try {
    await command()
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    await tell(error, words)
  }
}

/** Ends the process because nobody reads its result, or because its result cannot be written. */
function endWithoutOutput({ code, message }: NodeJS.ErrnoException): void {
  // A program that reads our output, such as `head`, has closed it because it has seen enough.
  if (code === 'EPIPE') process.exit()
  printAside(
    `The output cannot be written: ${message}. Check where it goes, such as the free space of a disk.`,
  )
  process.exit(
    process.exitCode === undefined || process.exitCode === exitCodes.done ? exitCodes.failed : undefined,
  )
}

async function tell(error: unknown, words: readonly string[]): Promise<void> {
  const isDebug = words.includes('--debug')
  // Commander has printed its own errors to stderr.
  const isTold = error instanceof CommanderError
  const scrub = isDebug || !(isTold || knownOf(error) !== null) ? await createFullScrub(words) : unchanged
  if (!isTold) printAside(scrub(describe(error, isDebug)))
  if (words.includes('--json') && exitCodeOf(error) !== exitCodes.done) printJson(errorObject(error, scrub))
}

const unchanged = (text: string) => text

/** For an error of others, and for one that is printed with all its properties. */
async function createFullScrub(words: readonly string[]): Promise<(text: string) => string> {
  const { knownSecrets } = await import('./known-secrets.ts')
  return createScrub(knownSecrets(words))
}

/** The result of a failed command, in the form that `--json` prints. */
export function errorObject(
  error: unknown,
  scrub = createScrub(new Set()),
): {
  error: { code: string; message: string; exit_code: number }
} {
  const exit_code = exitCodeOf(error)
  const told = (code: string, message: string) => ({
    error: { code, message: withoutRetries(message), exit_code },
  })
  if (error instanceof CommanderError) return told('USAGE', error.message.replace(/^error: /, ''))
  const known = knownOf(error)
  return known === null ? told('BUG', scrub(String(error))) : told(known.code, known.message)
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse
  const code = knownOf(error)?.code
  return code === 'USAGE' || code === 'CONFIG_INVALID' ? exitCodes.wrongUse : exitCodes.failed
}

function describe(error: unknown, isDebug: boolean): string {
  if (isDebug) return inspect(error, { depth: 5 })
  const line = lineOf(error)
  if (line !== null) return withoutRetries(line)
  return `${String(error)}\nThis is a bug in qrsync or one of its dependencies. Run again with --debug for the stack trace.`
}

/** A worker retries, but a command that has ended does not: removes the sentence about retries from a message. */
export function withoutRetries(message: string): string {
  return message.replaceAll(
    /(;|\.|\n)? ?qrsync (keeps their rows and )?(retries|(then )?continues) automatically(?=\.)/g,
    '',
  )
}

/**
 * Returns the text of one of our errors, which says everything that its reader needs, even as the cause of a
 * workflow's failure.
 */
export function lineOf(error: unknown): string | null {
  const known = knownOf(error)
  if (known === null) return null
  return Object.hasOwn(errorCodes, known.code) ? `${known.code}: ${known.message}` : known.message
}

function knownOf(error: unknown): { code: string; message: string } | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const { message } = inner
    if (inner instanceof NoAnswer) return { code: 'NO_ANSWER', message }
    if (inner instanceof WrongUse) return { code: 'USAGE', message }
    const { code, type } = inner as { code?: unknown; type?: unknown }
    const ours = [code, type].find((each) => typeof each === 'string' && Object.hasOwn(errorCodes, each))
    if (typeof ours === 'string') return { code: ours, message }
  }
  return null
}
