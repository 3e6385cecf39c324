import type { GivenSettings, Vendor } from '../../destinations/vendor.ts'
import { vendors } from '../../destinations/vendors.ts'
import { apiVariable, keyVariable, referenceTo, type Answers, type SecretVariables } from './answers.ts'

/** Returns the first vendor that needs no questions, with its settings. */
export function defaultDestination(): { name: string; settings: GivenSettings } {
  for (const { usualName, standard } of vendors) {
    if (standard !== undefined) return { name: usualName, settings: standard }
  }
  throw new Error('no vendor does without questions')
}

/**
 * Names an environment variable for each secret setting of a destination: the vendor's usual one, or one of its
 * own if another destination uses that already. Two accounts have two tokens.
 */
export function secretVariables(
  { secrets = {} }: Pick<Vendor<GivenSettings>, 'secrets'>,
  name: string,
  others: Readonly<Record<string, SecretVariables>>,
): SecretVariables {
  const taken = new Set(Object.values(others).flatMap((each) => Object.values(each)))
  const free = (usual: string) => {
    const own = `${usual}_${name.toUpperCase().replaceAll('-', '_')}`
    let variable = taken.has(usual) ? own : usual
    for (let number = 2; taken.has(variable); number++) variable = `${own}_${number}`
    return variable
  }
  return Object.fromEntries(Object.entries(secrets).map(([setting, usual]) => [setting, free(usual ?? '')]))
}

/** Returns the variables that must be set to use the file. */
export function variablesOf({ api, variables }: Pick<Answers, 'api' | 'variables'>): string[] {
  const secrets = Object.values(variables).flatMap((each) => Object.values(each))
  const ofApi = api === referenceTo(apiVariable) ? [apiVariable] : []
  return [keyVariable, ...ofApi, ...secrets]
}
