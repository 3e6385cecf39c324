import { ConnectorError } from '../model/connector-error.ts'

export type LogFormat = 'plain' | 'json'

const levels = ['error', 'warn', 'info', 'debug', 'silent'] as const
const formats: readonly LogFormat[] = ['plain', 'json']

/** The values of LOG_LEVEL and LOG_FORMAT; null if they are not set. */
export interface LogSettings {
  level: (typeof levels)[number] | null
  format: LogFormat | null
}

/** @throws ConnectorError CONFIG_INVALID */
export function readLogSettings(environment: NodeJS.ProcessEnv): LogSettings {
  return {
    level: oneOf('LOG_LEVEL', levels, environment),
    format: oneOf('LOG_FORMAT', formats, environment),
  }
}

function oneOf<Word extends string>(
  variable: string,
  words: readonly Word[],
  environment: NodeJS.ProcessEnv,
): Word | null {
  const value = environment[variable]
  if (value === undefined || value === '') return null
  const word = words.find((each) => each === value)
  if (word !== undefined) return word
  throw new ConnectorError(
    'CONFIG_INVALID',
    `The environment variable ${variable} is "${value}", and must be one of ${words.join(', ')}.`,
    { retry: 'never' },
  )
}
