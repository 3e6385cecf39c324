import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { errorCodes } from '../model/connector-error.ts'
import { createScrub } from '../observability/scrub.ts'
import { printAside, printJson } from './print.ts'

/** What a command cannot answer, in a line for its user: nothing has failed, and there is no code to look up. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A command that was called in a way that it cannot be. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** What commands exit with; `--help` tells, and README. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  /** It was done, and what it has found is not as it should be. */
  notAllIsWell: 3,
} as const

/** Runs a command to its end. With `--debug` a failure shows its stack; with `--json` it is an object on stdout, too. */
export async function runToExit(
  command: () => Promise<unknown>,
  words: readonly string[] = process.argv,
): Promise<void> {
  // Whoever reads our output has seen enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  process.once('uncaughtException', (error) => {
    tell(error, words)
    process.exit(exitCodes.failed)
  })
  try {
    await command()
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    tell(error, words)
  }
}

function tell(error: unknown, words: readonly string[]): void {
  const isDebug = words.includes('--debug')
  // Commander has told its own on stderr.
  if (!(error instanceof CommanderError)) printAside(describe(error, isDebug))
  if (words.includes('--json') && exitCodeOf(error) !== exitCodes.done) printJson(errorObject(error))
}

/** A failed command's result, as `--json` prints it. */
export function errorObject(error: unknown): {
  error: { code: string; message: string; exit_code: number }
} {
  const exit_code = exitCodeOf(error)
  const told = (code: string, message: string) => ({
    error: { code, message: withoutRetries(message), exit_code },
  })
  if (error instanceof CommanderError) return told('USAGE', error.message.replace(/^error: /, ''))
  const known = knownOf(error)
  return known === null ? told('BUG', createScrub(new Set())(String(error))) : told(known.code, known.message)
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse
  const code = knownOf(error)?.code
  return code === 'USAGE' || code === 'CONFIG_INVALID' ? exitCodes.wrongUse : exitCodes.failed
}

function describe(error: unknown, isDebug: boolean): string {
  if (isDebug) return createScrub(new Set())(inspect(error, { depth: 5 }))
  const line = lineOf(error)
  if (line !== null) return withoutRetries(line)
  return `${String(error)}\nThis is a bug in qrsync or one of its dependencies. Run again with --debug for the stack trace.`
}

/** What a worker retries, a command that has ended does not: takes the sentence that says so out of a message. */
export function withoutRetries(message: string): string {
  return message.replaceAll(/(;|\.|\n)? ?qrsync (keeps their rows and )?retries automatically(?=\.)/g, '')
}

/** An error of ours says all that its reader needs, also as Temporal hands it on: the cause of a workflow's failure. */
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
