import { settingsOf } from '../config/settings/code-settings.ts'
import type { CodeRule } from '../config/schema.ts'
import type { MatchedSettings } from '../insight/read-forecast-input.ts'

/** What the config file asks for each code, and in which of its entries. */
export function matchedSettingsOf(rules: readonly CodeRule[]): MatchedSettings {
  return (code) => {
    // Given some target, an entry that names the code is told by it.
    const rule = rules.find((each) => settingsOf([{ ...each, freshnessMs: 1 }], code).targetMs !== null)
    return { ...settingsOf(rule === undefined ? [] : [rule], code), match: rule?.match ?? null }
  }
}
