import { isSecretSetting } from '../config/settings/secret-settings.ts'

/** Returns the values of a config that must not be shown: by the name of their setting, and passwords in URLs. */
export function secretsOf(value: unknown, name = ''): string[] {
  if (typeof value === 'string') {
    return isSecretSetting(name) ? [value, ...passwordsOf(value)] : passwordsOf(value)
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => secretsOf(inner, Array.isArray(value) ? name : key))
}

function passwordsOf(text: string): string[] {
  const password = URL.parse(text)?.password ?? ''
  if (password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

/** Returns the secrets in the variables of Temporal and OpenTelemetry. */
export function secretsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(environment).filter((name) => /^TEMPORAL_API_KEY$|^OTEL_.*_HEADERS$/.test(name))
  return names.flatMap((name) => {
    const value = environment[name] ?? ''
    return name.startsWith('OTEL_')
      ? value.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1))
      : [value]
  })
}
