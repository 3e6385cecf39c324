import { isMatch } from 'matcher'
import type { CodeRule } from '../schema.ts'

/** What the config file asks for one code. */
export interface CodeSettings {
  /** What a waiting scan of the code counts for; 1 unless set. */
  priority: number
  /** A scan of the code is landed within this time; null: whenever a call is worth most. */
  targetMs: number | null
}

/** Those of the first entry of `codes` that names the code. */
export function settingsOf(
  codes: readonly CodeRule[],
  code: { id: string; name: string | null },
): CodeSettings {
  const rule = codes.find(({ match }) => match === code.id || isNamed(code.name ?? '', match))
  return { priority: rule?.priority ?? 1, targetMs: rule?.freshnessMs ?? null }
}

/** Those of each code, and which entry they come from: its `match`, null where no entry names the code. */
export function matchedSettingsOf(rules: readonly CodeRule[]) {
  return (code: { id: string; name: string | null }): CodeSettings & { match: string | null } => {
    // With a target in each, the entry that names the code shows.
    const rule = rules.find((each) => settingsOf([{ ...each, freshnessMs: 1 }], code).targetMs !== null)
    return { ...settingsOf(rule === undefined ? [] : [rule], code), match: rule?.match ?? null }
  }
}

/** Whether a name is the pattern's, in which `*` stands for any text and `\*` for a star; case does not matter. */
function isNamed(name: string, pattern: string): boolean {
  // To the package a leading "!" means "all but": here it is a letter like others. "é" may be one character or two.
  return isMatch(name.normalize(), pattern.normalize().replace(/^!/, '\\!'))
}
