import { isMatch } from 'matcher'
import type { CodeRule } from '../schema.ts'

/** What the config file says about one code. */
export interface CodeSettings {
  /** The weight of a waiting scan of the code; 1 unless set. */
  priority: number
  /** The target: a scan of the code lands within this time. Null if a call is made when it is worth most. */
  targetMs: number | null
}

/** Returns the settings of the first entry of `codes` that matches the code. */
export function settingsOf(
  codes: readonly CodeRule[],
  code: { id: string; name: string | null },
): CodeSettings {
  const rule = codes.find(({ match }) => match === code.id || isNamed(code.name ?? '', match))
  return { priority: rule?.priority ?? 1, targetMs: rule?.freshnessMs ?? null }
}

/** Returns the settings of each code and the `match` of their entry; null if no entry matches. */
export function matchedSettingsOf(rules: readonly CodeRule[]) {
  return (code: { id: string; name: string | null }): CodeSettings & { match: string | null } => {
    // With a target in each rule, the result shows which rule matches.
    const rule = rules.find((each) => settingsOf([{ ...each, freshnessMs: 1 }], code).targetMs !== null)
    return { ...settingsOf(rule === undefined ? [] : [rule], code), match: rule?.match ?? null }
  }
}

/** Whether a name matches the pattern, in which `*` means any text and `\*` a star; case does not matter. */
function isNamed(name: string, pattern: string): boolean {
  // For the package, a leading "!" means "all but"; here it is an ordinary character. "é" may be one character
  // or two.
  return isMatch(name.normalize(), pattern.normalize().replace(/^!/, '\\!'))
}
