import { cancel, intro, outro } from '@clack/prompts'
import { name as nameSetting } from '../../config/values/name.ts'
import { NoAnswer } from '../run-to-exit.ts'
import { valueOf, type Answers } from './answers.ts'
import { askAccount } from './ask-account.ts'
import { askDestinations } from './ask-destinations.ts'
import { askText, Cancelled, mistakeIn, onScreen } from './prompts.ts'

export interface Known {
  /** The suggested name. */
  connector: string
  apiUrl: string
  hasOwnApi: boolean
  /** Of the config file. */
  folder: string
  environment: NodeJS.ProcessEnv
}

/**
 * Asks one question after the other on the terminal, and tests each answer before the next question.
 *
 * @throws NoAnswer if the user cancels
 */
export async function askAnswers({ folder, environment, ...known }: Known): Promise<Answers> {
  intro('qrsync init', onScreen)
  try {
    const connector = await askText({
      message: 'A name for the connector, part of every name in the Temporal UI; do not change it later',
      standard: known.connector,
      mistake: mistakeIn(nameSetting),
    })
    await askAccount(known.apiUrl, valueOf(environment, 'QRCS_API_KEY'))
    const destinations = await askDestinations(folder, environment)
    outro('Done.', onScreen)
    return { connector, hasOwnApi: known.hasOwnApi, destinations }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error
    cancel('Cancelled.', onScreen)
    throw new NoAnswer('Nothing was written.')
  }
}
