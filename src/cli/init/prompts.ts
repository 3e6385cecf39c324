import { confirm, isCancel, log, password, select, spinner, text } from '@clack/prompts'
import type { z } from 'zod'
import { defaultMessage } from '../../config/describe-issue.ts'
import { visible } from '../../model/visible-text.ts'

/** Results for programs go to stdout; questions and messages go to stderr. */
export const onScreen = { output: process.stderr }

/** The user pressed Ctrl-C or Escape: nothing is written. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/** Messages about what failed, or what is worth knowing. */
export const tell = {
  info: (text: string) => {
    log.info(visible(text), onScreen)
  },
  warn: (text: string) => {
    log.warn(visible(text), onScreen)
  },
  error: (text: string) => {
    log.error(visible(text), onScreen)
  },
}

function given<Value>(answer: Value): Exclude<Value, symbol> {
  if (isCancel(answer)) throw new Cancelled('cancelled')
  return answer as Exclude<Value, symbol>
}

/** Returns what a setting of the config file says about a value; undefined if it accepts it. */
export const mistakeIn = (setting: z.ZodType) => (value: string | undefined) =>
  setting.safeParse(value, { error: defaultMessage }).error?.issues[0]?.message

export interface Question {
  message: string
  /** Used if the user types nothing. */
  standard?: string
  /** Returns what is wrong with an answer; undefined if nothing is. */
  mistake: (answer: string | undefined) => string | undefined
}

export async function askText({ message, standard, mistake }: Question): Promise<string> {
  const validate = (answer: string | undefined) => mistake((answer ?? '') === '' ? standard : answer)
  const standing = standard === undefined ? {} : { placeholder: standard, defaultValue: standard }
  return given(await text({ ...onScreen, message, validate, ...standing }))
}

export async function askSecret({ message, mistake }: Question): Promise<string> {
  return given(await password({ ...onScreen, message, validate: mistake, clearOnError: true }))
}

export async function askYesNo(message: string, standard: boolean): Promise<boolean> {
  return given(await confirm({ ...onScreen, message, initialValue: standard }))
}

export async function askOneOf<Value>(
  message: string,
  options: readonly { value: Value; label: string }[],
): Promise<Value> {
  // The package has its own type of labels for values that are not strings.
  const numbered = options.map(({ label }, value) => ({ value, label }))
  const chosen = options[given(await select({ ...onScreen, message, options: numbered }))]
  if (chosen === undefined) throw new Error('none of the options was chosen')
  return chosen.value
}

/** Shows that work is running, and its result. */
export async function whileSpinning<Result>(
  message: string,
  work: () => Promise<Result>,
  toText: (result: Result) => string,
): Promise<Result> {
  const shown = spinner(onScreen)
  shown.start(message)
  try {
    const result = await work()
    shown.stop(visible(toText(result)))
    return result
  } catch (error) {
    shown.error(message)
    throw error
  }
}
