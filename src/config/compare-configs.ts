import { isDeepStrictEqual } from 'node:util'
import type { Config } from './schema.ts'

/** What a process can use of a changed config. */
export interface ConfigChanges {
  /** Settings that apply without a restart, such as `budget` or `destinations.crm`. */
  applied: string[]
  /** Settings that apply when the process is started again. */
  forRestart: string[]
  /** The new config, with the old values of those settings. */
  config: Config
}

/** Settings that a process reads only once, because it has opened what they name. */
const sourceForRestart = ['url'] as const
const observabilityForRestart = ['metrics_port', 'metrics_host', 'page', 'temporal_ui'] as const

/** Compares a config with the one of a running process. The connector's name must be the same. */
export function compareConfigs(before: Config, now: Config): ConfigChanges {
  const changed = changedSettings(before, now)
  const isForRestart = (setting: string) =>
    ['ledger', 'temporal'].includes(setting) ||
    sourceForRestart.some((name) => setting === `source.${name}`) ||
    observabilityForRestart.some((name) => setting === `observability.${name}`)
  const { ledger, temporal } = before
  return {
    applied: changed.filter((setting) => !isForRestart(setting)),
    forRestart: changed.filter(isForRestart),
    config: {
      ...now,
      ledger,
      temporal,
      source: { ...now.source, ...pick(before.source, sourceForRestart) },
      observability: { ...now.observability, ...pick(before.observability, observabilityForRestart) },
    },
  }
}

/** Sections whose settings are listed one by one. */
const sections = ['source', 'destinations', 'observability', 'alerts'] as const

function changedSettings(before: Config, now: Config): string[] {
  return keysOf(before, now).flatMap((key) => {
    const section = sections.find((name) => name === key)
    if (section === undefined) return isDeepStrictEqual(before[key], now[key]) ? [] : [key]
    const [old, new_]: Record<string, unknown>[] = [before[section], now[section]]
    if (old === undefined || new_ === undefined) return []
    return keysOf(old, new_)
      .filter((name) => !isDeepStrictEqual(old[name], new_[name]))
      .map((name) => `${section}.${name}`)
  })
}

function keysOf<T extends object>(before: T, now: T): (keyof T & string)[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof T & string)[]
}

/** Returns the values of these settings. An unset one overwrites too. */
function pick<T extends object, Name extends keyof T>(of: T, names: readonly Name[]): Pick<T, Name> {
  return Object.fromEntries(names.map((name) => [name, of[name]])) as Pick<T, Name>
}
