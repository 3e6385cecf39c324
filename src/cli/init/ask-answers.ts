import { cancel, intro, outro } from '@clack/prompts'
import { name as nameSetting } from '../../config/values/name.ts'
import { listed } from '../../config/nearest.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { keyVariable, valueOf, type Answers } from './answers.ts'
import { askAccount, askApi } from './ask-account.ts'
import { askDestinations } from './ask-destinations.ts'
import { namesSetIn } from './env-file.ts'
import { askText, askYesNo, Cancelled, mistakeIn, onScreen } from './prompts.ts'

export interface Known {
  /** The suggested name. */
  connector: string
  /** As the environment names it; null if it names none. */
  apiUrl: string | null
  /** Of the config file. */
  folder: string
  /** With what `.env` beside the config file sets. */
  environment: Readonly<Record<string, string | undefined>>
  /** Where keys and tokens can be kept. */
  dotEnv: string
}

/**
 * Asks one question after the other on the terminal, and tests each answer before the next question.
 *
 * @throws NoAnswer if the user cancels
 */
export async function askAnswers({ folder, environment, dotEnv, ...known }: Known): Promise<Answers> {
  intro('qrsync init', onScreen)
  try {
    const connector = await askText({
      message: 'A name for the connector, part of every name in the Temporal UI; do not change it later',
      standard: known.connector,
      mistake: mistakeIn(nameSetting),
    })
    const { url, api } = await askApi(known.apiUrl)
    const key = await askAccount(url, valueOf(environment, keyVariable))
    const typed: Record<string, string> = {}
    if (key !== environment[keyVariable]) typed[keyVariable] = key
    const { destinations, variables } = await askDestinations(folder, environment, typed)
    const isKept = Object.keys(typed).length > 0 && (await askYesNo(offerOf(typed, dotEnv), true))
    outro('Done.', onScreen)
    return { connector, api, destinations, variables, typed: isKept ? typed : {} }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error
    cancel('Cancelled.', onScreen)
    throw new NoAnswer('Nothing was written.')
  }
}

function offerOf(typed: object, dotEnv: string): string {
  const names = Object.keys(typed)
  const replaced = namesSetIn(dotEnv, names)
  const replacing = replaced.length === 0 ? '' : `, and replace what it has for ${listed(replaced)}`
  return `Write ${listed(names)} into ${dotEnv}${replacing}? Only you may read it (mode 0600), and every command reads it.`
}
