import type { Transaction } from 'kysely'
import { unknownProfile, type ApiProfile } from '../../model/api-profile.ts'
import type { ConnectorState } from './connector-state.ts'
import type { LedgerSchema } from '../base/schema.ts'

export function profileOf({ api_profile: profile }: Pick<ConnectorState, 'api_profile'>): ApiProfile {
  return profile === null
    ? unknownProfile
    : { ...unknownProfile, ...(JSON.parse(profile) as Partial<ApiProfile>) }
}

/** Stores what an answer has shown about the API. @returns everything known about the API so far */
export async function learnProfile(
  transaction: Transaction<LedgerSchema>,
  state: ConnectorState,
  shown: Partial<ApiProfile>,
): Promise<ApiProfile> {
  const known = profileOf(state)
  const learned = { ...known, ...withoutNull(shown) }
  const api_profile = JSON.stringify(learned)
  if (api_profile === state.api_profile) return learned
  await transaction
    .updateTable('accounts')
    .set({ api_profile })
    .where('connector', '=', state.connector)
    .execute()
  return learned
}

function withoutNull(shown: Partial<ApiProfile>): Partial<ApiProfile> {
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => (value ?? null) !== null))
}
