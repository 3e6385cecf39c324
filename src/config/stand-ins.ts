import { shortestSalt } from './settings/privacy-settings.ts'
import { vendors } from '../destinations/vendors.ts'

const nowhere = 'https://not-set.invalid'

const standIns: ReadonlyMap<string, string> = new Map([
  ['source.url', nowhere],
  ['source.key', `qrs_${'0'.repeat(64)}`],
  ['privacy.salt', '0'.repeat(shortestSalt)],
  ['observability.webhook', nowhere],
])

const ofDestinations: ReadonlyMap<unknown, string> = new Map(
  vendors.flatMap(({ standIns: own = {} }) => Object.entries(own)),
)

/** What takes the place of a secret that a command does not use: it fits the setting. Null for settings that every command uses. */
export function standInFor(path: readonly unknown[]): string | null {
  if (path[0] === 'destinations') return ofDestinations.get(path.at(-1)) ?? null
  return standIns.get(path.join('.')) ?? null
}
