import { closestMatch } from 'leven'

/** Returns the name that was probably meant, spelled correctly; null if none is similar. */
export function nearest(written: string, names: Iterable<string>): string | null {
  const plain = new Map(Array.from(names, (name) => [simplified(name), name]))
  const word = simplified(written)
  const closest = closestMatch(word, [...plain.keys()], { maxDistance: mostTypos(word.length) })
  return plain.get(closest ?? '') ?? null
}

function mostTypos(letters: number): number {
  if (letters < 4) return 1
  return letters < 8 ? 2 : 3
}

/** timeZone and time-zone are not misspelled: only their case and separators differ. */
const simplified = (name: string) => name.toLowerCase().replaceAll(/[-_ ]/g, '')

/** "a, b and c" */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
