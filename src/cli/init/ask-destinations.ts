import { name as nameSetting } from '../../config/values/name.ts'
import type { CheckReport } from '../../destinations/destination.ts'
import { ConnectorError } from '../../model/connector-error.ts'
import type { GivenSettings, Questions } from '../../destinations/vendor.ts'
import { vendors } from '../../destinations/vendors.ts'
import { valueOf, type Answers, type SecretVariables } from './answers.ts'
import { checkDestination } from './check-destination.ts'
import { askOneOf, askSecret, askText, askYesNo, mistakeIn, tell, whileSpinning } from './prompts.ts'
import { secretVariables } from './vendor-answers.ts'

const menu = vendors.map((vendor) => ({ value: vendor, label: vendor.label }))

/**
 * Asks for at least one destination, and checks each before the next.
 *
 * @param typed gets the keys and tokens that the user types, by environment variable
 */
export async function askDestinations(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  typed: Record<string, string>,
): Promise<Pick<Answers, 'destinations' | 'variables'>> {
  const destinations: Record<string, GivenSettings> = {}
  const variables: Record<string, SecretVariables> = {}
  do {
    const vendor = await askOneOf('Where should the rows go?', menu)
    const name = await askText({
      message: 'Its name in the config file',
      standard: freeName(vendor.usualName, destinations),
      mistake: (given = '') =>
        Object.hasOwn(destinations, given) ? `this name is taken` : mistakeIn(nameSetting)(given),
    })
    const own = secretVariables(vendor, name, variables)
    const ownOf = new Map(
      Object.entries(vendor.secrets ?? {}).map(([setting, usual]) => [usual, own[setting]]),
    )
    const ownTyped: Record<string, string> = {}
    const questions = questionsOf(environment, ownTyped, (usual) => ownOf.get(usual) ?? usual)
    const answer = await askUntilGood(name, () => vendor.ask(questions), folder)
    if (answer === null) continue
    destinations[name] = answer
    variables[name] = own
    Object.assign(typed, ownTyped)
  } while (Object.keys(destinations).length === 0 || (await askYesNo('Add another destination?', false)))
  return { destinations, variables }
}

/** @param ownOf returns the variable of this destination in place of the vendor's usual one */
function questionsOf(
  environment: Readonly<Record<string, string | undefined>>,
  typed: Record<string, string>,
  ownOf: (usual: string) => string,
): Questions {
  /** Of the environment: a second question means that the first answer was wrong. */
  const used = new Set<string>()
  return {
    text: ({ setting, ...question }) => askText({ ...question, mistake: mistakeIn(setting) }),
    choice: async ({ message, options, setting }) => {
      const other = { value: null, label: 'another one' }
      const chosen = await askOneOf(message, [...options, other])
      return chosen ?? (await askText({ message: 'Which one?', mistake: mistakeIn(setting) }))
    },
    secret: async ({ message, setting, variable: usual }) => {
      const variable = ownOf(usual)
      const known = valueOf(environment, variable)
      if (known !== undefined && !used.has(variable)) {
        used.add(variable)
        tell.info(`Using ${variable} from the environment or from .env.`)
        return known
      }
      const answer = await askSecret({ message, mistake: mistakeIn(setting) })
      typed[variable] = answer
      return answer
    },
  }
}

function freeName(usual: string, taken: object): string {
  let name = usual
  for (let number = 2; Object.hasOwn(taken, name); number++) name = `${usual}-${number}`
  return name
}

/** @returns null if the user leaves it out */
async function askUntilGood(
  name: string,
  ask: () => Promise<GivenSettings>,
  folder: string,
): Promise<GivenSettings | null> {
  for (;;) {
    const answer = await ask()
    if (await isGood(name, answer, folder)) return answer
    const next = await askOneOf('What now?', [
      { value: 'again', label: 'Answer again' },
      { value: 'take', label: 'Keep it: its rows wait until you fix it' },
      { value: 'leave', label: 'Leave it out' },
    ])
    if (next === 'take') return answer
    if (next === 'leave') return null
  }
}

async function isGood(name: string, answer: GivenSettings, folder: string): Promise<boolean> {
  try {
    const { needs, warnings = [] } = await whileSpinning(
      `Checking ${name}`,
      () => checkDestination(name, answer, folder),
      ({ identity }) => identity,
    )
    for (const warning of warnings) tell.warn(warning)
    const missing = needs.filter(({ isMet }) => !isMet)
    for (const { what, advice } of missing) tell.warn(describeMissing({ what, advice }))
    return missing.length === 0
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    tell.error(`${error.code}: ${error.message}`)
    return false
  }
}

type Need = Pick<CheckReport['needs'][number], 'what'> & { advice: string | undefined }

const describeMissing = ({ what, advice }: Need) => ['missing: ' + what, advice].filter(Boolean).join('\n')
