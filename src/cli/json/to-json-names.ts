/**
 * Converts a value to what `--json` prints: names are snake_case, times are RFC 3339 in UTC. A name that ends
 * in `AtMs`, `SinceMs` or `UntilMs` is a time, and loses its unit; any other `Ms` is a duration, and keeps it.
 */
export function toJsonNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const time = isTimeName.exec(name)?.[1]
      if (time === undefined) return [snakeCase(name), toJsonNames(inner)]
      return [snakeCase(time), typeof inner === 'number' ? new Date(inner).toISOString() : inner]
    }),
  )
}

const isTimeName = /^(.*(?:At|[Ss]ince|[Uu]ntil))Ms$/

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
